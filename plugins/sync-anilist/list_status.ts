/** Which status an entry gets at AniList. */
import type { SyncEntry } from "@codex/plugin-sdk";
import type { RemoteEntry } from "./remote_media.ts";
import type { Settings } from "./settings.ts";

export type ListStatus = "CURRENT" | "PLANNING" | "COMPLETED" | "DROPPED" | "PAUSED" | "REPEATING";

export interface StatusQuestion {
  readonly entry: SyncEntry;
  readonly remote: RemoteEntry | null;
  /** Codex has read further than AniList. */
  readonly isAhead: boolean;
  /** AniList has read further than Codex. */
  readonly isBehind: boolean;
  readonly settings: Pick<Settings, "pauseAfterDays" | "dropAfterDays">;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const DAY_MS = 86_400_000;

/**
 * Never a step back: what is completed stays so, a reread is the reader's to end, and what they paused
 * or dropped at AniList goes on only when Codex has read further.
 */
export function listStatusOf(question: StatusQuestion): string {
  const wanted = wantedStatus(question);
  const current = question.remote?.status;
  switch (current) {
    case undefined:
    case "PLANNING":
      return wanted;
    case "COMPLETED":
    case "REPEATING":
      return current;
    case "PAUSED":
    case "DROPPED":
      return fromHalted(current, wanted, question.isAhead);
    case "CURRENT":
      return wanted === "PLANNING" ? current : wanted;
    default:
      // A status that AniList has since added says more than ours.
      return current;
  }
}

function fromHalted(
  current: "PAUSED" | "DROPPED",
  wanted: ListStatus,
  isAhead: boolean,
): ListStatus {
  if (wanted === "COMPLETED" || wanted === "DROPPED") return wanted;
  return wanted === "CURRENT" && isAhead ? wanted : current;
}

function wantedStatus(question: StatusQuestion): ListStatus {
  switch (question.entry.status) {
    case "completed":
      return "COMPLETED";
    case "on_hold":
      return "PAUSED";
    case "dropped":
      return "DROPPED";
    case "plan_to_read":
      return "PLANNING";
    case "reading":
      return readingStatus(question);
  }
}

function readingStatus(question: StatusQuestion): ListStatus {
  const { pauseAfterDays, dropAfterDays } = question.settings;
  const idleDays = idleDaysOf(question);
  if (dropAfterDays > 0 && idleDays >= dropAfterDays) return "DROPPED";
  if (pauseAfterDays > 0 && idleDays >= pauseAfterDays) return "PAUSED";
  return "CURRENT";
}

/** Who is further at AniList reads elsewhere, so what changed there counts as well. */
function idleDaysOf({ entry, remote, isBehind, now }: StatusQuestion): number {
  if (entry.latestUpdatedAt === undefined) return 0;
  const readHere = Date.parse(entry.latestUpdatedAt);
  const readThere = isBehind ? remote?.updatedAt ?? 0 : 0;
  return (now - Math.max(readHere, readThere)) / DAY_MS;
}
