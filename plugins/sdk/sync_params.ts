/** Reads the params of the sync methods. */
import { ParamsReader } from "./params.ts";
import {
  type PullParams,
  type PushParams,
  type ReadBook,
  READING_STATUSES,
  type SyncEntry,
  type SyncProgress,
} from "./sync.ts";

/** Each throws InvalidParamsError, naming every wrong field. */

export function readPush(raw: unknown): PushParams {
  const reader = new ParamsReader(raw);
  const entries = reader.optionalList("entries", readEntry);
  if (entries === undefined) reader.refuse('"entries" must be a list');
  reader.done();
  return { entries: entries ?? [] };
}

export function readPull(raw: unknown): PullParams {
  const reader = new ParamsReader(raw);
  const params = {
    since: reader.optionalInstant("since"),
    limit: reader.optionalInteger("limit", 1),
    cursor: reader.optionalText("cursor"),
  };
  reader.done();
  return params;
}

function readEntry(entry: ParamsReader): SyncEntry {
  return {
    externalId: entry.anyText("externalId"),
    status: entry.choice("status", READING_STATUSES),
    progress: entry.optionalObject("progress", readProgress),
    score: entry.optionalNumber("score", 0, 100),
    startedAt: entry.optionalInstant("startedAt"),
    completedAt: entry.optionalInstant("completedAt"),
    notes: entry.optionalText("notes"),
    latestUpdatedAt: entry.optionalInstant("latestUpdatedAt"),
    title: entry.optionalText("title"),
    libraryId: entry.optionalText("libraryId"),
    libraryName: entry.optionalText("libraryName"),
    genres: entry.optionalTexts("genres"),
    tags: entry.optionalTexts("tags"),
    metadata: entry.any("metadata"),
    customMetadata: entry.any("customMetadata"),
  };
}

function readProgress(progress: ParamsReader): SyncProgress {
  return {
    chapters: progress.optionalNumber("chapters"),
    volumes: progress.optionalNumber("volumes"),
    pages: progress.optionalNumber("pages"),
    totalChapters: progress.optionalNumber("totalChapters"),
    totalVolumes: progress.optionalNumber("totalVolumes"),
    maxVolume: progress.optionalNumber("maxVolume"),
    maxChapter: progress.optionalNumber("maxChapter"),
    readBooks: progress.optionalList("readBooks", readBook),
  };
}

function readBook(book: ParamsReader): ReadBook {
  return {
    volume: book.optionalNumber("volume"),
    chapter: book.optionalNumber("chapter"),
    completed: book.boolean("completed"),
    currentPage: book.optionalInteger("currentPage", 0),
    progressPercentage: book.optionalNumber("progressPercentage", 0, 100),
  };
}
