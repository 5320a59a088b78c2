/** Params and answers of the recommendation methods. Optional fields take `undefined`, which JSON drops. */
import type { ExternalId } from "./metadata.ts";

/** A series that the reader has, and how they got on with it. Times are ISO 8601. */
export interface LibraryEntry {
  readonly seriesId: string;
  readonly title: string;
  readonly alternateTitles: readonly string[];
  readonly year?: number | undefined;
  readonly status?: string | undefined;
  readonly genres: readonly string[];
  readonly tags: readonly string[];
  readonly totalVolumeCount?: number | undefined;
  /** May be fractional. */
  readonly totalChapterCount?: number | undefined;
  readonly externalIds: readonly ExternalId[];
  readonly readingStatus?: string | undefined;
  readonly booksRead: number;
  readonly booksOwned: number;
  /** 0..100. */
  readonly userRating?: number | undefined;
  readonly userNotes?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly lastReadAt?: string | undefined;
  readonly completedAt?: string | undefined;
  readonly libraryId?: string | undefined;
  readonly libraryName?: string | undefined;
}

export interface RecommendationParams {
  readonly library: readonly LibraryEntry[];
  /** How many are wanted at most; 1 or more. */
  readonly limit?: number | undefined;
  /** Ids not to recommend. */
  readonly excludeIds: readonly string[];
}

export interface RecommendationTag {
  readonly name: string;
  /** 0..100: how much it applies. */
  readonly rank?: number | undefined;
  readonly category?: string | undefined;
}

export interface Recommendation {
  readonly externalId: string;
  /** The page for people. */
  readonly externalUrl?: string | undefined;
  readonly title: string;
  readonly coverUrl?: string | undefined;
  readonly summary?: string | undefined;
  readonly genres?: readonly string[] | undefined;
  readonly tags?: readonly RecommendationTag[] | undefined;
  /** 0..1. */
  readonly score: number;
  /** For the reader, for instance "Readers of Dune like it". */
  readonly reason: string;
  /** Titles of the reader's own series that led to it. */
  readonly basedOn?: readonly string[] | undefined;
  /** `seriesId` of the library entry that it is. */
  readonly codexSeriesId?: string | undefined;
  readonly inLibrary?: boolean | undefined;
  readonly status?: string | undefined;
  readonly format?: string | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly countryOfOrigin?: string | undefined;
  readonly startYear?: number | undefined;
  readonly totalVolumeCount?: number | undefined;
  readonly totalChapterCount?: number | undefined;
  /** 0..100. */
  readonly rating?: number | undefined;
  readonly popularity?: number | undefined;
}

/** Best first. */
export interface RecommendationAnswer {
  readonly recommendations: readonly Recommendation[];
  /** ISO 8601; default now. */
  readonly generatedAt?: string | undefined;
  /** True when it was not made for this call. Default false. */
  readonly cached?: boolean | undefined;
}

export interface ProfileParams {
  readonly entries: readonly LibraryEntry[];
}

export interface ProfileAnswer {
  readonly updated: boolean;
  readonly entriesProcessed: number;
}

export interface ClearAnswer {
  readonly cleared: boolean;
}

export const DISMISS_REASONS = ["not_interested", "already_read", "already_owned"] as const;
export type DismissReason = typeof DISMISS_REASONS[number];

export interface DismissParams {
  readonly externalId: string;
  readonly reason?: DismissReason | undefined;
}

export interface DismissAnswer {
  readonly dismissed: boolean;
}
