/** What other services ask of library, beyond the public calls that the gateway forwards. */
import { z } from "zod";
import { LibraryId, SeriesId } from "../ids.ts";
import { IsoDateTime, JsonObject } from "../json.ts";
import { LibraryEntry } from "../recommendations.ts";
import { ReadBook } from "../sync.ts";
import type { CallContext, PurgingService } from "./call_context.ts";

/** A series that stands for an external id although its document doesn't say so. */
export const ExternalMatch = z.object({
  externalId: z.string().min(1).max(500),
  seriesId: SeriesId,
});
export type ExternalMatch = z.infer<typeof ExternalMatch>;

/** Which of the reader's series are meant, and by what name the other side knows them. */
export const EngagementScope = z.object({
  /** The source of external ids, for instance `api:anilist`; null for none but `matches`. */
  externalIdSource: z.string().max(100).nullable(),
  /** Empty: every library. */
  libraryIds: z.array(LibraryId).max(1000),
  matches: z.array(ExternalMatch).max(50_000),
});
export type EngagementScope = z.infer<typeof EngagementScope>;

export const EngagementRequest = EngagementScope.extend({
  /** Series without an external id too, after those with one. */
  withUnidentified: z.boolean(),
  /** With each started book. */
  withBooks: z.boolean(),
  /** With metadata beyond the title and the totals. */
  withMetadata: z.boolean(),
});
export type EngagementRequest = z.infer<typeof EngagementRequest>;

/**
 * How far a reader is in one series. A book counts as a chapter when it has a chapter's number, as a
 * volume otherwise.
 */
export const SeriesEngagement = z.object({
  seriesId: SeriesId,
  libraryId: LibraryId,
  libraryName: z.string(),
  title: z.string(),
  totalVolumeCount: z.number().optional(),
  totalChapterCount: z.number().optional(),
  bookCount: z.int().nonnegative(),
  booksRead: z.int().nonnegative(),
  /** Started and not yet read. */
  booksStarted: z.int().nonnegative(),
  /** Books read that are volumes. */
  volumesRead: z.int().nonnegative(),
  /** Highest number read. */
  maxVolume: z.number().optional(),
  maxChapter: z.number().optional(),
  startedAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  latestUpdatedAt: IsoDateTime.optional(),
  rating: z.number().optional(),
  notes: z.string().optional(),
  readBooks: z.array(ReadBook).optional(),
  genres: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  metadata: JsonObject.optional(),
  customMetadata: JsonObject.optional(),
});
export type SeriesEngagement = z.infer<typeof SeriesEngagement>;

/** One line of the stream: every copy of what one external id names. */
export const EngagedEntry = z.object({
  /** Empty where the series has none; the entry then has one copy. */
  externalId: z.string(),
  copies: z.array(SeriesEngagement).min(1),
});
export type EngagedEntry = z.infer<typeof EngagedEntry>;

/** What another service says of a reader's progress in one series. */
export const PulledProgress = z.object({
  externalId: z.string().min(1),
  /** Read up to this volume. */
  volumes: z.number().nonnegative().optional(),
  /** Read up to this chapter; never counted as volumes. */
  chapters: z.number().nonnegative().optional(),
  /** 1 to 100; kept only where the reader has rated nothing. */
  rating: z.int().min(1).max(100).optional(),
  notes: z.string().optional(),
  startedAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  latestUpdatedAt: IsoDateTime.optional(),
});
export type PulledProgress = z.infer<typeof PulledProgress>;

/** Entries that one transaction takes. */
export const PULLED_ENTRIES_MAX = 50_000;

export const ApplyProgressRequest = EngagementScope.extend({
  entries: z.array(PulledProgress).max(PULLED_ENTRIES_MAX),
  /** Says what it would do, and changes nothing. */
  dryRun: z.boolean(),
});
export type ApplyProgressRequest = z.infer<typeof ApplyProgressRequest>;

export const AppliedProgress = z.object({
  externalId: z.string(),
  /** Series that the entry belongs to. */
  series: z.int().nonnegative(),
  /** Books marked as read. */
  booksMarked: z.int().nonnegative(),
  /** Series rated. */
  ratingsSet: z.int().nonnegative(),
});
export type AppliedProgress = z.infer<typeof AppliedProgress>;
/** One result for each entry, in their order. */
export const ApplyProgressAnswer = z.object({ results: z.array(AppliedProgress) });

export const LibraryEntriesRequest = z.object({
  libraryIds: z.array(LibraryId).max(1000),
  /** The best first: highest rated, then last read, then the rest. */
  limit: z.int().min(1).max(5000),
});
export type LibraryEntriesRequest = z.infer<typeof LibraryEntriesRequest>;
export const LibraryEntriesAnswer = z.object({ entries: z.array(LibraryEntry) });

/** Which of these ids the libraries hold. */
export const HeldIdsRequest = z.object({
  externalIdSource: z.string().max(100),
  externalIds: z.array(z.string().max(500)).max(5000),
  libraryIds: z.array(LibraryId).max(1000),
});
export type HeldIdsRequest = z.infer<typeof HeldIdsRequest>;
export const HeldIdsAnswer = z.object({ held: z.array(ExternalMatch) });

export const SeriesName = z.object({ id: SeriesId, libraryId: LibraryId, title: z.string() });
export type SeriesName = z.infer<typeof SeriesName>;

export interface LibraryService extends PurgingService {
  /** The context's subject's engagement, entry by entry in the order of their ids. */
  streamEngagement(context: CallContext, request: EngagementRequest): AsyncIterable<EngagedEntry>;
  /** Marks as read what another service says is read, in one transaction; never the other way. */
  applyProgress(context: CallContext, request: ApplyProgressRequest): Promise<AppliedProgress[]>;
  /** What recommendations are made from. */
  listLibraryEntries(
    context: CallContext,
    request: LibraryEntriesRequest,
  ): Promise<LibraryEntry[]>;
  findHeldIds(context: CallContext, request: HeldIdsRequest): Promise<ExternalMatch[]>;
  /** `not_found` where there is none. */
  getSeriesName(context: CallContext, seriesId: SeriesId): Promise<SeriesName>;
}
