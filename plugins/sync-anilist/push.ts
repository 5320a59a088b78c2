/** Writes entries to somebody's list: reads what is there, then saves what is new, in few requests. */
import {
  AuthFailedError,
  ERROR_CODES,
  PluginError,
  type PushAnswer,
  type PushResult,
  RateLimitedError,
  type SyncEntry,
} from "@codex/plugin-sdk";
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { parseMediaId } from "./anilist/media.ts";
import { findByTitles, SEARCHES_PER_REQUEST, type TitleMatch } from "./anilist/title_search.ts";
import { MEDIA_PER_REQUEST, readMedia } from "./remote_media.ts";
import { runSaves, SAVES_PER_REQUEST } from "./save_operation.ts";
import { mediaAfter, planSave, type SaveArguments } from "./save_plan.ts";
import type { Settings } from "./settings.ts";

export interface PushScope {
  readonly call: GraphqlCall;
  readonly settings: Settings;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * A failure half-way leaves what is done, and tells the rest why it isn't; the next push finds the
 * done ones unchanged.
 *
 * @throws {AuthFailedError} at any point: nothing will work before the reader connects again
 * @throws {PluginError} before anything came of any entry
 */
export async function pushEntries(
  entries: readonly SyncEntry[],
  scope: PushScope,
): Promise<PushAnswer> {
  const pushed = entries.map((entry) => new PushedEntry(entry));
  try {
    for (const group of groupsOf(pushed, MEDIA_PER_REQUEST)) await pushGroup(group, scope);
  } catch (thrown) {
    const isPartial = pushed.some(({ result }) => result !== undefined);
    if (!(thrown instanceof PluginError) || thrown instanceof AuthFailedError || !isPartial) {
      throw thrown;
    }
    for (const entry of pushed) entry.failFor(thrown);
  }
  return { success: pushed.map(({ result }) => result).filter((result) => result !== undefined) };
}

/** One entry on its way, until it has a result. */
class PushedEntry {
  mediaId: number | undefined;
  result: PushResult | undefined;

  constructor(readonly entry: SyncEntry) {}

  get isOpen(): boolean {
    return this.result === undefined;
  }

  /** By its title, as the host doesn't know the id. */
  get isSearched(): boolean {
    return this.entry.externalId === "";
  }

  succeed(status: "created" | "updated" | "unchanged"): void {
    this.result ??= { ...this.#name(), status };
  }

  fail(error: string, errorCode?: number): void {
    this.result ??= { ...this.#name(), status: "failed", error, errorCode };
  }

  /** For what has stopped the whole push. */
  failFor(stopped: PluginError): void {
    this.result ??= {
      ...this.#name(),
      status: "failed",
      error: stopped.message,
      errorCode: stopped.code,
      ...(stopped instanceof RateLimitedError && {
        retryAfterSeconds: stopped.retryAfterSeconds,
      }),
    };
  }

  #name(): Pick<PushResult, "externalId" | "title"> {
    const { externalId, title } = this.entry;
    if (!this.isSearched) return { externalId };
    return { externalId: this.mediaId === undefined ? "" : String(this.mediaId), title };
  }
}

interface OpenSave {
  readonly pushed: PushedEntry;
  readonly save: SaveArguments;
  readonly isNew: boolean;
}

async function pushGroup(group: readonly PushedEntry[], scope: PushScope): Promise<void> {
  await findIds(group, scope.call);
  const open = group.filter(({ isOpen }) => isOpen);
  const ids = new Set(open.map(({ mediaId }) => mediaId).filter((id) => id !== undefined));
  const saves = planGroup(open, await readMedia(scope.call, [...ids]), scope);
  for (const batch of groupsOf(saves, SAVES_PER_REQUEST)) {
    const failures = await runSaves(scope.call, batch.map(({ save }) => save));
    for (const [index, { pushed, isNew }] of batch.entries()) {
      const error = failures[index] ?? null;
      if (error === null) pushed.succeed(isNew ? "created" : "updated");
      else pushed.fail(error, ERROR_CODES.externalApiError);
    }
  }
}

/** A work that comes twice is planned on what its first save leaves: saves run in order. */
function planGroup(
  open: readonly PushedEntry[],
  media: Map<number, Parameters<typeof planSave>[1]>,
  { settings, now }: PushScope,
): OpenSave[] {
  const saves: OpenSave[] = [];
  for (const pushed of open) {
    const found = pushed.mediaId === undefined ? undefined : media.get(pushed.mediaId);
    if (found === undefined) {
      pushed.fail(`AniList has no manga "${pushed.mediaId}"`, ERROR_CODES.notFound);
      continue;
    }
    const save = planSave(pushed.entry, found, settings, now);
    if (save === null) {
      pushed.succeed("unchanged");
      continue;
    }
    saves.push({ pushed, save, isNew: found.entry === null });
    media.set(found.id, mediaAfter(found, save));
  }
  return saves;
}

/** Ids as they were sent, or by title where the host knows none. */
async function findIds(group: readonly PushedEntry[], call: GraphqlCall): Promise<void> {
  const searched: PushedEntry[] = [];
  for (const pushed of group) {
    const { externalId, title } = pushed.entry;
    if (!pushed.isSearched) {
      pushed.mediaId = parseMediaId(externalId);
      if (pushed.mediaId === undefined) {
        pushed.fail(`"${externalId}" is no id of AniList`, ERROR_CODES.invalidParams);
      }
    } else if (title === undefined) {
      pushed.fail("An entry needs an id or a title", ERROR_CODES.invalidParams);
    } else searched.push(pushed);
  }
  for (const batch of groupsOf(searched, SEARCHES_PER_REQUEST)) {
    const matches = await findByTitles(call, batch.map(({ entry }) => [entry.title ?? ""]));
    for (const [index, pushed] of batch.entries()) takeMatch(pushed, matches[index]);
  }
}

function takeMatch(pushed: PushedEntry, match: TitleMatch | undefined): void {
  const { title } = pushed.entry;
  switch (match?.kind) {
    case "found":
      pushed.mediaId = match.mediaId;
      return;
    case "ambiguous": {
      const ids = match.mediaIds.join(", ");
      const error = `AniList has several manga like "${title}" (${ids}): enter its id by hand`;
      return pushed.fail(error, ERROR_CODES.notFound);
    }
    default:
      return pushed.fail(`AniList has no manga like "${title}"`, ERROR_CODES.notFound);
  }
}

function groupsOf<Item>(items: readonly Item[], size: number): Item[][] {
  const groups: Item[][] = [];
  for (let start = 0; start < items.length; start += size) {
    groups.push(items.slice(start, start + size));
  }
  return groups;
}
