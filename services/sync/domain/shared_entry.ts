/** What of the reader's library a recommendation plugin gets (protocol.md: "What a plugin may learn"). */
import type { LibraryEntry } from "@codex/protocol";

export interface SharingRules {
  /** The plugin wants all metadata and the administrator lets it have it. */
  readonly mayHaveMetadata: boolean;
  /** The administrator's switch, on by default. */
  readonly mayHaveGenresAndTags: boolean;
  /** The reader's own setting. */
  readonly withRatings: boolean;
}

/** Titles, ids, status, counts and ratings; the rest as the rules allow. */
export function shareEntry(entry: LibraryEntry, rules: SharingRules): LibraryEntry {
  const { mayHaveMetadata, withRatings } = rules;
  const { userRating, userNotes, genres, tags, ...rest } = entry;
  const isGenresShared = mayHaveMetadata || rules.mayHaveGenresAndTags;
  const shared = {
    genres: isGenresShared ? genres : [],
    tags: isGenresShared ? tags : [],
    ...(withRatings && userRating !== undefined && { userRating }),
  };
  if (mayHaveMetadata) {
    return { ...rest, ...shared, ...(withRatings && userNotes !== undefined && { userNotes }) };
  }
  const { year: _, startedAt: __, lastReadAt: ___, completedAt: ____, ...plain } = rest;
  const { libraryId: _____, libraryName: ______, ...unnamed } = plain;
  return { ...unnamed, ...shared };
}
