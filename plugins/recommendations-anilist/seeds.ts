/** From which of the reader's series recommendations grow. */
import type { LibraryEntry } from "@codex/plugin-sdk";
import { EXTERNAL_ID_SOURCE } from "./anilist/account.ts";
import { parseMediaId } from "./anilist/media.ts";

export interface Seed {
  readonly entry: LibraryEntry;
  /** Undefined when the library doesn't know it. */
  readonly mediaId: number | undefined;
  /** 0..1: how much the reader likes it. */
  readonly weight: number;
}

/** As many works as one request looks at. */
export const SEEDS_MAX = 25;

/** Below it the reader didn't like it, and would not like more of it. */
const RATING_MIN = 50;
const COMPLETED_WEIGHT = 0.6;
const READ_WEIGHT = 0.5;

/**
 * The highest rated first, then what was read to the end, then what was read last; the rest in the
 * library's own order, which has the best first and tells of times only what the admin allows.
 */
export function chooseSeeds(library: readonly LibraryEntry[]): Seed[] {
  const seeds = library
    .map((entry) => ({ entry, mediaId: mediaIdOf(entry), weight: weightOf(entry) }))
    .filter(({ weight }) => weight > 0);
  return seeds.sort((a, b) => b.weight - a.weight || readAt(b.entry) - readAt(a.entry))
    .slice(0, SEEDS_MAX);
}

/** AniList's id of a series of the library. */
export function mediaIdOf({ externalIds }: LibraryEntry): number | undefined {
  for (const { source, externalId } of externalIds) {
    if (source === EXTERNAL_ID_SOURCE) return parseMediaId(externalId);
  }
  return undefined;
}

/** 0 for what says nothing of the reader's taste, or the wrong thing. */
function weightOf({ userRating, booksRead, readingStatus }: LibraryEntry): number {
  if (userRating !== undefined) return userRating < RATING_MIN ? 0 : userRating / 100;
  if (readingStatus === "dropped" || booksRead === 0) return 0;
  return readingStatus === "completed" ? COMPLETED_WEIGHT : READ_WEIGHT;
}

/** Milliseconds since 1970; 0 where it isn't told. */
function readAt({ lastReadAt }: LibraryEntry): number {
  return Date.parse(lastReadAt ?? "") || 0;
}
