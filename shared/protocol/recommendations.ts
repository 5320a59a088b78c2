/** Messages of recommendation plugins (protocol.md: "recommendations/…"). */
import { z } from "zod";
import {
  bytesAtMost,
  charactersAtMost,
  EXTERNAL_ID_CHARACTERS_MAX,
  fitsDocument,
  LIST_ITEMS_MAX,
  SUMMARY_BYTES_MAX,
  TEXT_CHARACTERS_MAX,
  TITLE_CHARACTERS_MAX,
  WebAddress,
} from "./document_limits.ts";
import { IsoDateTime, listOf } from "./json.ts";
import { firstItemsOf, listAtMost } from "./limited_list.ts";
import { ExternalId } from "./metadata.ts";
import { SeriesId } from "./ids.ts";

export const LibraryEntry = z.object({
  seriesId: z.string(),
  title: z.string(),
  alternateTitles: listOf(z.string()),
  year: z.int().optional(),
  status: z.string().optional(),
  genres: listOf(z.string()),
  tags: listOf(z.string()),
  totalVolumeCount: z.number().optional(),
  totalChapterCount: z.number().optional(),
  externalIds: listOf(ExternalId),
  readingStatus: z.string().optional(),
  booksRead: z.int().nonnegative(),
  booksOwned: z.int().nonnegative(),
  userRating: z.number().min(0).max(100).optional(),
  userNotes: z.string().optional(),
  startedAt: IsoDateTime.optional(),
  lastReadAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  libraryId: z.string().optional(),
  libraryName: z.string().optional(),
});
export type LibraryEntry = z.infer<typeof LibraryEntry>;

export const RecommendationTag = z.object({
  name: z.string(),
  rank: z.number().optional(),
  category: z.string().optional(),
});

/** As it is stored and shown, whatever its size. */
export const Recommendation = z.object({
  externalId: z.string().min(1),
  externalUrl: z.string().optional(),
  title: z.string(),
  coverUrl: z.string().optional(),
  summary: z.string().optional(),
  genres: listOf(z.string()),
  tags: listOf(RecommendationTag),
  score: z.number().min(0).max(1),
  reason: z.string(),
  basedOn: listOf(z.string()),
  codexSeriesId: SeriesId.optional(),
  inLibrary: z.boolean().default(false),
  status: z.string().optional(),
  format: z.string().optional(),
  countryOfOrigin: z.string().optional(),
  startYear: z.int().optional(),
  totalVolumeCount: z.number().optional(),
  totalChapterCount: z.number().optional(),
  rating: z.number().min(0).max(100).optional(),
  popularity: z.number().optional(),
});
export type Recommendation = z.infer<typeof Recommendation>;

const Text = charactersAtMost(TEXT_CHARACTERS_MAX);
const LongText = bytesAtMost(SUMMARY_BYTES_MAX);

/** As a plugin may answer it: with the limits of `document_limits.ts`. */
const AnsweredRecommendation = Recommendation.extend({
  externalId: charactersAtMost(EXTERNAL_ID_CHARACTERS_MAX).min(1),
  externalUrl: WebAddress.optional(),
  title: charactersAtMost(TITLE_CHARACTERS_MAX),
  coverUrl: WebAddress.optional(),
  summary: LongText.optional(),
  genres: listAtMost(Text, LIST_ITEMS_MAX),
  tags: listAtMost(
    RecommendationTag.extend({ name: Text, category: Text.optional() }),
    LIST_ITEMS_MAX,
  ),
  reason: LongText,
  basedOn: listAtMost(Text, LIST_ITEMS_MAX),
  status: Text.optional(),
  format: Text.optional(),
  countryOfOrigin: Text.optional(),
}).check(fitsDocument);

export const DismissReason = z.enum(["not_interested", "already_read", "already_owned"]);

/** Parameters and answers of the recommendation methods; all but `get` are optional for a plugin. */
export const recommendationMethods = {
  "recommendations/get": {
    params: z.object({
      library: z.array(LibraryEntry),
      limit: z.int().positive().optional(),
      excludeIds: listOf(z.string()),
    }),
    answer: z.object({
      recommendations: firstItemsOf(AnsweredRecommendation, LIST_ITEMS_MAX),
      generatedAt: IsoDateTime.optional(),
      cached: z.boolean().default(false),
    }),
  },
  "recommendations/updateProfile": {
    params: z.object({ entries: z.array(LibraryEntry) }),
    answer: z.object({ updated: z.boolean(), entriesProcessed: z.int().nonnegative() }),
  },
  "recommendations/clear": {
    params: z.object({}),
    answer: z.object({ cleared: z.boolean() }),
  },
  "recommendations/dismiss": {
    params: z.object({ externalId: z.string(), reason: DismissReason.optional() }),
    answer: z.object({ dismissed: z.boolean() }),
  },
} as const;
