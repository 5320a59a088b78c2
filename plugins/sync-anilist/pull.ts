/** Reads a page of somebody's lists. */
import {
  InvalidParamsError,
  type Logger,
  type PullAnswer,
  type PullParams,
  type SyncEntry,
} from "@codex/plugin-sdk";
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { type JsonObject, numberOf, objectOf, objectsOf } from "./anilist/json.ts";
import { ENTRY_FIELDS, syncEntryOf } from "./list_entry.ts";

/** AniList's most for a chunk. */
const PER_CHUNK_MAX = 500;
/** Beyond any list: a cursor further on is none of ours. */
const CHUNK_MAX = 10_000;

export const LISTS_OPERATION = `query ($userId: Int, $chunk: Int, $perChunk: Int) {
  MediaListCollection(
    userId: $userId, type: MANGA, chunk: $chunk, perChunk: $perChunk, sort: [MEDIA_ID]
  ) {
    hasNextChunk
    lists { status entries { ${ENTRY_FIELDS} } }
  }
}`;

/** Which chunk comes next, and how large the chunks of this reading are. */
interface Position {
  readonly chunk: number;
  readonly perChunk: number;
}

export async function pullPage(
  call: GraphqlCall,
  userId: number,
  params: PullParams,
  log: Logger,
): Promise<PullAnswer> {
  const { chunk, perChunk } = positionOf(params);
  const data = await call.query(LISTS_OPERATION, { userId, chunk, perChunk });
  const collection = objectOf(data.MediaListCollection);
  const { entries, skipped } = entriesOf(collection.lists);
  if (skipped > 0) log.warn("Entries of AniList were not understood", { skipped });
  return {
    entries: entries.filter((entry) => isChangedSince(entry, params.since)),
    nextCursor: collection.hasNextChunk === true ? `${chunk + 1}:${perChunk}` : undefined,
  };
}

/**
 * Every entry once: each stands in its status's list unless it is hidden, and again in each of its
 * custom lists.
 */
export function entriesOf(lists: unknown): { entries: SyncEntry[]; skipped: number } {
  const found = new Map<number, { entry: JsonObject; listStatus: unknown }>();
  for (const { status: listStatus, entries } of objectsOf(lists)) {
    for (const entry of objectsOf(entries)) {
      const id = numberOf(entry.id);
      if (id === undefined) continue;
      const before = found.get(id)?.listStatus;
      found.set(id, { entry, listStatus: before ?? listStatus });
    }
  }
  const understood = [...found.values()].map(({ entry, listStatus }) =>
    syncEntryOf(entry, listStatus)
  );
  const entries = understood.filter((entry) => entry !== undefined);
  return { entries, skipped: understood.length - entries.length };
}

/** AniList's times are whole seconds, so a change within the second of `since` counts. */
function isChangedSince({ latestUpdatedAt }: SyncEntry, since: string | undefined): boolean {
  if (since === undefined || latestUpdatedAt === undefined) return true;
  return Date.parse(latestUpdatedAt) >= Math.floor(Date.parse(since) / 1000) * 1000;
}

/** A later page keeps the size of the first: chunks of another size would begin elsewhere. */
function positionOf({ cursor, limit }: PullParams): Position {
  if (cursor === undefined) {
    return { chunk: 1, perChunk: Math.min(limit ?? PER_CHUNK_MAX, PER_CHUNK_MAX) };
  }
  const [, chunk, perChunk] = /^(\d{1,5}):(\d{1,3})$/.exec(cursor) ?? [];
  const position = { chunk: Number(chunk), perChunk: Number(perChunk) };
  const isOurs = position.chunk >= 1 && position.chunk <= CHUNK_MAX &&
    position.perChunk >= 1 && position.perChunk <= PER_CHUNK_MAX;
  if (!isOurs) throw new InvalidParamsError(`"cursor" is not one of AniList's: "${cursor}"`);
  return position;
}
