/** A list entry of AniList, and what it means as an entry of Codex. */
import type { ReadingStatus, SyncEntry } from "@codex/plugin-sdk";
import { type JsonObject, numberOf, objectOf, textOf } from "./anilist/json.ts";
import { displayTitle } from "./anilist/media.ts";
import { DATE_FIELDS, instantOf } from "./fuzzy_date.ts";

/** Of an entry when lists are read. */
export const ENTRY_FIELDS =
  `id mediaId status score(format: POINT_100) progress progressVolumes notes updatedAt ` +
  `startedAt ${DATE_FIELDS} completedAt ${DATE_FIELDS} ` +
  `media { chapters volumes title { romaji english native } }`;

/** New values may appear: they are in no list of these. A reread was read before, and is being read. */
const STATUSES: Readonly<Record<string, ReadingStatus>> = {
  CURRENT: "reading",
  REPEATING: "reading",
  COMPLETED: "completed",
  PAUSED: "on_hold",
  DROPPED: "dropped",
  PLANNING: "plan_to_read",
};

/** Undefined for an entry that can't be understood: without a work, or with a status unknown here. */
export function syncEntryOf(entry: JsonObject, listStatus: unknown): SyncEntry | undefined {
  const mediaId = numberOf(entry.mediaId);
  const status = readingStatusOf(entry.status ?? listStatus);
  if (mediaId === undefined || status === undefined) return undefined;
  const media = objectOf(entry.media);
  return {
    externalId: String(mediaId),
    status,
    progress: {
      chapters: numberOf(entry.progress) ?? 0,
      volumes: numberOf(entry.progressVolumes) ?? 0,
      totalChapters: numberOf(media.chapters),
      totalVolumes: numberOf(media.volumes),
    },
    // 0 is AniList's "not rated".
    score: numberOf(entry.score) || undefined,
    notes: textOf(entry.notes),
    startedAt: instantOf(entry.startedAt),
    completedAt: instantOf(entry.completedAt),
    latestUpdatedAt: updatedAtOf(entry),
    title: displayTitle(media),
  };
}

/** `updatedAt` is in Unix seconds, 0 for old entries that were never touched again. */
export function updatedAtOf(entry: JsonObject): string | undefined {
  const seconds = numberOf(entry.updatedAt) ?? 0;
  return seconds > 0 ? new Date(seconds * 1000).toISOString() : undefined;
}

function readingStatusOf(status: unknown): ReadingStatus | undefined {
  return typeof status === "string" && Object.hasOwn(STATUSES, status)
    ? STATUSES[status]
    : undefined;
}
