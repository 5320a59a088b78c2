/** What is sent of an entry, given what the service already holds: never less than that. */
import type { SyncEntry } from "@codex/protocol";
import { type Extent, higher } from "./extent.ts";
import type { LocalEntry } from "./local_entry.ts";
import type { RemoteEntry } from "./remote_entry.ts";

export type Decision =
  /** Nothing changed since it was acknowledged. */
  | { readonly kind: "unchanged" }
  /** It changed, and the service says as much already. */
  | { readonly kind: "known" }
  | { readonly kind: "send"; readonly entry: SyncEntry };

export interface Acknowledged {
  readonly hash: string;
  readonly extent: Extent | undefined;
}

/**
 * @param remote what the service holds as far as is known
 * @param acknowledged the local entry that the service last took
 */
export function decide(
  local: LocalEntry,
  remote: RemoteEntry | undefined,
  acknowledged: Acknowledged | undefined,
): Decision {
  if (acknowledged?.hash === local.hash) return { kind: "unchanged" };
  const idleBefore = acknowledged?.extent?.idle ?? [];
  const idleChanged = idleBefore.join() !== local.extent.idle.join();
  if (!idleChanged && remote !== undefined && saysAsMuch(local, remote)) return { kind: "known" };
  const entry = layOver(local.entry, remote, acknowledged?.extent, idleChanged);
  return { kind: "send", entry };
}

/** Whether the service would learn nothing from this entry. */
function saysAsMuch({ entry }: LocalEntry, remote: RemoteEntry): boolean {
  // Only our side knows of single books and of metadata.
  if (entry.progress?.readBooks !== undefined || entry.libraryId !== undefined) return false;
  return !isAhead(entry, remote) &&
    statusToSend(entry, remote, false) === remote.status &&
    (entry.score === undefined || entry.score === remote.score) &&
    (entry.notes === undefined || entry.notes === remote.notes);
}

function isAhead({ progress = {} }: SyncEntry, remote: RemoteEntry): boolean {
  const volumes = Math.max(progress.volumes ?? 0, progress.maxVolume ?? 0);
  return volumes > (remote.volumes ?? 0) || (progress.maxChapter ?? 0) > (remote.chapters ?? 0);
}

/**
 * Raises an entry to what the service holds. A number that our books don't have stays away: it would
 * say more than we know, and a plugin may prefer it to the count.
 */
function layOver(
  entry: SyncEntry,
  remote: RemoteEntry | undefined,
  told: Extent | undefined,
  idleChanged: boolean,
): SyncEntry {
  if (remote === undefined && told === undefined) return entry;
  const { progress = {}, completedAt: ownEnd, ...rest } = entry;
  const { volumes = 0, maxVolume, maxChapter } = progress;
  const status = remote === undefined ? entry.status : statusToSend(entry, remote, idleChanged);
  const completedAt = status === "completed" ? ownEnd ?? remote?.completedAt : undefined;
  const startedAt = earlier(entry.startedAt, remote?.startedAt);
  return {
    ...rest,
    status,
    progress: {
      ...progress,
      volumes: Math.max(volumes, remote?.volumes ?? 0),
      ...(maxVolume !== undefined && {
        maxVolume: Math.max(maxVolume, remote?.volumes ?? 0, told?.maxVolume ?? 0),
      }),
      ...(maxChapter !== undefined && {
        maxChapter: Math.max(maxChapter, remote?.chapters ?? 0, told?.maxChapter ?? 0),
      }),
    },
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
  };
}

/**
 * Completed stays completed. What the reader set aside at the service stays so until they read on here;
 * what they only planned is begun.
 */
function statusToSend(
  entry: SyncEntry,
  remote: RemoteEntry,
  idleChanged: boolean,
): SyncEntry["status"] {
  if (entry.status === "completed" || remote.status === "completed") return "completed";
  const isSetAside = remote.status === "on_hold" || remote.status === "dropped";
  return isSetAside && !idleChanged && !isAhead(entry, remote) ? remote.status : entry.status;
}

/** What the service holds once it has taken `sent`. */
export function raiseRemote(remote: RemoteEntry | undefined, sent: SyncEntry): RemoteEntry {
  const volumes = higher(sent.progress?.volumes, remote?.volumes);
  const chapters = higher(sent.progress?.maxChapter, remote?.chapters);
  const score = sent.score ?? remote?.score;
  const notes = sent.notes ?? remote?.notes;
  const title = sent.title ?? remote?.title;
  return {
    ...remote,
    externalId: sent.externalId,
    status: sent.status,
    ...(volumes !== undefined && { volumes }),
    ...(chapters !== undefined && { chapters }),
    ...(score !== undefined && { score }),
    ...(notes !== undefined && { notes }),
    ...(title !== undefined && { title }),
  };
}

/** The earlier of two instants, whatever their offsets. */
function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Date.parse(one) <= Date.parse(other) ? one : other;
}
