/** Entries as the reader's own progress makes them (the and protocol.md's "SyncEntry"). */
import { hash } from "node:crypto";
import type {
  EngagedEntry,
  JsonObject,
  SeriesEngagement,
  SyncEntry,
  SyncSettings,
} from "@codex/protocol";
import { type EntryKey, entryKey } from "./entry_key.ts";
import { type Extent, extentOf, higher } from "./extent.ts";
import { idleSettings } from "./idle.ts";

/** What decides about entries beside the progress itself. */
export interface BuildOptions {
  readonly settings: SyncSettings;
  /** Of the connection, without the server's own part. */
  readonly config: JsonObject;
  readonly wantsDetailedProgress: boolean;
  /** The plugin wants all metadata and the administrator lets it have it. */
  readonly mayHaveMetadata: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface LocalEntry {
  readonly key: EntryKey;
  readonly entry: SyncEntry;
  readonly extent: Extent;
  /** Changes with whatever makes it worth sending again. */
  readonly hash: string;
  readonly seriesIds: readonly string[];
}

/** The entry of one external id; undefined where the settings leave it out. */
export function buildEntry(engaged: EngagedEntry, options: BuildOptions): LocalEntry | undefined {
  const { externalId, copies } = engaged;
  const { settings } = options;
  if (externalId === "" && !settings.searchFallback) return undefined;
  const isRead = copies.some((copy) => copy.bookCount > 0 && copy.booksRead >= copy.bookCount);
  if (!(isRead ? settings.includeCompleted : settings.includeInProgress)) return undefined;
  // The copy that is read furthest speaks for the others.
  const [first, ...others] = [...copies].sort(byReach);
  if (first === undefined || (first.booksRead === 0 && first.booksStarted === 0)) return undefined;

  const all = [first, ...others];
  const status = all.some(isCompleted) ? "completed" : "reading";
  const entry: SyncEntry = {
    externalId,
    status,
    progress: progressOf(all, options),
    title: first.title,
    ...ratingOf(all, settings),
    ...timesOf(all, status === "completed"),
    ...(options.mayHaveMetadata && metadataOf(first, settings)),
  };
  const idle = status === "completed"
    ? []
    : idleSettings(options.config, entry.latestUpdatedAt, options.now);
  return {
    key: entryKey(externalId, first.seriesId),
    entry,
    extent: extentOf(entry, idle),
    hash: hashOf(entry, idle),
    seriesIds: all.map((copy) => copy.seriesId),
  };
}

function byReach(one: SeriesEngagement, other: SeriesEngagement): number {
  return (other.booksRead - one.booksRead) || (other.booksStarted - one.booksStarted) ||
    (one.seriesId < other.seriesId ? -1 : 1);
}

/** All local books are read, and so the series' known end is reached. */
function isCompleted(copy: SeriesEngagement): boolean {
  if (copy.bookCount === 0 || copy.booksRead < copy.bookCount) return false;
  const { totalVolumeCount, totalChapterCount, volumesRead, maxVolume = 0, maxChapter } = copy;
  const volumes = Math.max(volumesRead, maxVolume);
  return reaches(volumes, totalVolumeCount) || reaches(maxChapter ?? 0, totalChapterCount);
}

function reaches(reached: number, total: number | undefined): boolean {
  return total !== undefined && total > 0 && reached >= total;
}

function progressOf(
  copies: readonly SeriesEngagement[],
  { settings, wantsDetailedProgress }: BuildOptions,
): NonNullable<SyncEntry["progress"]> {
  const counted = copies.map((copy) =>
    copy.booksRead + (settings.countPartialProgress ? copy.booksStarted : 0)
  );
  const totalVolumes = highest(copies.map((copy) => copy.totalVolumeCount));
  const totalChapters = highest(copies.map((copy) => copy.totalChapterCount));
  const maxVolume = highest(copies.map((copy) => copy.maxVolume));
  const maxChapter = highest(copies.map((copy) => copy.maxChapter));
  const readBooks = copies[0]?.readBooks;
  return {
    volumes: Math.max(...counted),
    ...(totalVolumes !== undefined && { totalVolumes }),
    ...(totalChapters !== undefined && { totalChapters }),
    ...(maxVolume !== undefined && maxVolume >= 0 && { maxVolume }),
    ...(maxChapter !== undefined && maxChapter >= 0 && { maxChapter }),
    ...(wantsDetailedProgress && readBooks !== undefined && { readBooks }),
  };
}

function ratingOf(
  copies: readonly SeriesEngagement[],
  { syncRatings }: SyncSettings,
): Pick<SyncEntry, "score" | "notes"> {
  const rated = copies.find((copy) => copy.rating !== undefined);
  if (!syncRatings || rated?.rating === undefined) return {};
  const { rating: score, notes } = rated;
  return { score, ...(notes !== undefined && notes !== "" && { notes }) };
}

function timesOf(
  copies: readonly SeriesEngagement[],
  isCompleted: boolean,
): Pick<SyncEntry, "startedAt" | "completedAt" | "latestUpdatedAt"> {
  const started = copies.flatMap((copy) => copy.startedAt ?? []).sort();
  const completed = copies.flatMap((copy) => copy.completedAt ?? []).sort();
  const updated = copies.flatMap((copy) => copy.latestUpdatedAt ?? []).sort();
  const [startedAt, completedAt, latestUpdatedAt] = [started[0], completed.at(-1), updated.at(-1)];
  return {
    ...(startedAt !== undefined && { startedAt }),
    ...(isCompleted && completedAt !== undefined && { completedAt }),
    ...(latestUpdatedAt !== undefined && { latestUpdatedAt }),
  };
}

/** protocol.md: "What a plugin may learn". */
function metadataOf(
  copy: SeriesEngagement,
  { sendCustomMetadata }: SyncSettings,
): Partial<SyncEntry> {
  const { libraryId, libraryName, genres, tags, metadata, customMetadata } = copy;
  return {
    libraryId,
    libraryName,
    ...(genres !== undefined && { genres }),
    ...(tags !== undefined && { tags }),
    ...(metadata !== undefined && { metadata }),
    ...(sendCustomMetadata && customMetadata !== undefined && { customMetadata }),
  };
}

/** Turning a page changes nothing that is worth a call, and a title is found by its series. */
function hashOf(entry: SyncEntry, idle: readonly string[]): string {
  const { externalId: _, latestUpdatedAt: __, title: ___, ...said } = entry;
  return hash("sha256", JSON.stringify([said, idle]), "hex");
}

function highest(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce(higher, undefined);
}
