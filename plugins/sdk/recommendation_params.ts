/** Reads the params of the recommendation methods. */
import { ParamsReader } from "./params.ts";
import {
  DISMISS_REASONS,
  type DismissParams,
  type LibraryEntry,
  type ProfileParams,
  type RecommendationParams,
} from "./recommendation.ts";

/** Each throws InvalidParamsError, naming every wrong field. */

export function readRecommend(raw: unknown): RecommendationParams {
  const reader = new ParamsReader(raw);
  const params = {
    library: readLibrary(reader, "library"),
    limit: reader.optionalInteger("limit", 1),
    excludeIds: reader.texts("excludeIds"),
  };
  reader.done();
  return params;
}

export function readProfile(raw: unknown): ProfileParams {
  const reader = new ParamsReader(raw);
  const params = { entries: readLibrary(reader, "entries") };
  reader.done();
  return params;
}

export function readDismiss(raw: unknown): DismissParams {
  const reader = new ParamsReader(raw);
  const params = {
    externalId: reader.text("externalId"),
    reason: reader.optionalChoice("reason", DISMISS_REASONS),
  };
  reader.done();
  return params;
}

function readLibrary(reader: ParamsReader, name: string): LibraryEntry[] {
  const entries = reader.optionalList(name, readEntry);
  if (entries === undefined) reader.refuse(`"${name}" must be a list`);
  return entries ?? [];
}

function readEntry(entry: ParamsReader): LibraryEntry {
  return {
    seriesId: entry.text("seriesId"),
    title: entry.anyText("title"),
    alternateTitles: entry.texts("alternateTitles"),
    year: entry.optionalInteger("year"),
    status: entry.optionalText("status"),
    genres: entry.texts("genres"),
    tags: entry.texts("tags"),
    totalVolumeCount: entry.optionalNumber("totalVolumeCount"),
    totalChapterCount: entry.optionalNumber("totalChapterCount"),
    externalIds: entry.optionalList("externalIds", (id) => ({
      source: id.text("source"),
      externalId: id.text("externalId"),
    })) ?? [],
    readingStatus: entry.optionalText("readingStatus"),
    booksRead: entry.optionalInteger("booksRead", 0) ?? 0,
    booksOwned: entry.optionalInteger("booksOwned", 0) ?? 0,
    userRating: entry.optionalNumber("userRating", 0, 100),
    userNotes: entry.optionalText("userNotes"),
    startedAt: entry.optionalInstant("startedAt"),
    lastReadAt: entry.optionalInstant("lastReadAt"),
    completedAt: entry.optionalInstant("completedAt"),
    libraryId: entry.optionalText("libraryId"),
    libraryName: entry.optionalText("libraryName"),
  };
}
