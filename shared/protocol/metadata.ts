/** Metadata of series and books as plugins give it and the library stores it (protocol.md: "Host → plugin methods"). */
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
import { Json, listOf } from "./json.ts";
import { firstItemsOf, listAtMost } from "./limited_list.ts";

const Score100 = z.number().min(0).max(100);

export const AuthorRole = z.enum([
  "author",
  "co_author",
  "editor",
  "translator",
  "illustrator",
  "contributor",
  "writer",
  "penciller",
  "inker",
  "colorist",
  "letterer",
  "cover_artist",
]);

/** A person; a plain string reads as a name without a role. */
export const Author = z.preprocess(
  (raw) => typeof raw === "string" ? { name: raw } : raw,
  z.object({
    name: z.string().min(1),
    role: AuthorRole.optional(),
    sortName: z.string().optional(),
  }),
);
export type Author = z.infer<typeof Author>;

/** A title in another language; a plain string reads as a title without one. */
export const AlternateTitle = z.preprocess(
  (raw) => typeof raw === "string" ? { title: raw } : raw,
  z.object({
    title: z.string().min(1),
    language: z.string().optional(),
    titleType: z.string().optional(),
  }),
);

export const Rating = z.object({
  score: Score100,
  voteCount: z.int().nonnegative().optional(),
  source: z.string(),
});

/** A link without a label reads as one that is called by its host. */
export const ExternalLink = z.preprocess(
  withLabel,
  z.object({
    url: z.string(),
    label: z.string(),
    linkType: z.enum(["provider", "official", "social", "purchase", "read", "other"]).optional(),
  }),
);

function withLabel(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || !("url" in raw)) return raw;
  if ("label" in raw && raw.label !== "" && raw.label !== null) return raw;
  const host = typeof raw.url === "string" ? URL.parse(raw.url)?.hostname : undefined;
  return host === undefined ? raw : { ...raw, label: host };
}

export const ExternalId = z.object({
  source: z.string().min(1).max(100),
  externalId: z.string().min(1).max(500),
});
export type ExternalId = z.infer<typeof ExternalId>;

export const Cover = z.object({
  url: z.string(),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  size: z.enum(["small", "medium", "large"]).optional(),
});

export const Award = z.object({
  name: z.string(),
  year: z.int().optional(),
  category: z.string().optional(),
  won: z.boolean().default(false),
});

export const SeriesStatus = z.enum(["ongoing", "ended", "hiatus", "abandoned", "unknown"]);

/** Fields that series and books have in common. */
const sharedFields = {
  title: z.string().min(1).optional(),
  alternateTitles: listOf(AlternateTitle),
  summary: z.string().optional(),
  year: z.int().min(-4000).max(9999).optional(),
  /** BCP 47. */
  language: z.string().optional(),
  ageRating: z.number().nonnegative().optional(),
  genres: listOf(z.string()),
  tags: listOf(z.string()),
  authors: listOf(Author),
  artists: listOf(Author),
  publisher: z.string().optional(),
  coverUrl: z.string().optional(),
  rating: Rating.optional(),
  externalRatings: listOf(Rating),
  externalLinks: listOf(ExternalLink),
  externalIds: listOf(ExternalId),
  /** Free fields of people and importers; no plugin method of version 1 fills it. */
  customMetadata: z.record(z.string(), Json).optional(),
};

const seriesFields = {
  ...sharedFields,
  status: SeriesStatus.optional(),
  totalVolumeCount: z.number().nonnegative().optional(),
  /** May be fractional. */
  totalChapterCount: z.number().nonnegative().optional(),
  readingDirection: z.enum(["ltr", "rtl", "ttb"]).optional(),
  bannerUrl: z.string().optional(),
};

const bookFields = {
  ...sharedFields,
  subtitle: z.string().optional(),
  bookType: z.string().max(64).optional(),
  volume: z.number().optional(),
  chapter: z.number().optional(),
  pageCount: z.int().nonnegative().optional(),
  /** ISO 8601 date, to the precision known: `1997`, `1997-03` or `1997-03-01`. */
  releaseDate: z.string().optional(),
  isbn: z.string().optional(),
  isbns: listOf(z.string()),
  edition: z.string().optional(),
  originalTitle: z.string().optional(),
  originalYear: z.int().min(-4000).max(9999).optional(),
  translator: z.string().optional(),
  seriesPosition: z.number().optional(),
  seriesTotal: z.number().optional(),
  subjects: listOf(z.string()),
  covers: listOf(Cover),
  awards: listOf(Award),
};

/** A series' metadata document, as the library stores and imports it. */
export const SeriesDocument = z.object(seriesFields);
export type SeriesDocument = z.infer<typeof SeriesDocument>;

/** A book's metadata document, as the library stores and imports it. */
export const BookDocument = z.object(bookFields);
export type BookDocument = z.infer<typeof BookDocument>;

const answerFields = { externalId: z.string().min(1), externalUrl: WebAddress.optional() };

/** Answer of `metadata/series/get`. */
export const SeriesMetadata = z.object({ ...answerFields, ...seriesFields });
export type SeriesMetadata = z.infer<typeof SeriesMetadata>;

/** Answer of `metadata/book/get`. */
export const BookMetadata = z.object({ ...answerFields, ...bookFields });
export type BookMetadata = z.infer<typeof BookMetadata>;

const ShortText = charactersAtMost(TEXT_CHARACTERS_MAX);
const Title = charactersAtMost(TITLE_CHARACTERS_MAX);

export const SearchPreview = z.object({
  status: ShortText.optional(),
  genres: listAtMost(ShortText, LIST_ITEMS_MAX),
  /** Up to 10. Most services count up to 100, so what is above 10 reads as of 100. */
  rating: z.number().min(0).max(100).overwrite((rating) => rating > 10 ? rating / 10 : rating)
    .optional(),
  description: bytesAtMost(SUMMARY_BYTES_MAX).optional(),
  bookCount: z.int().nonnegative().optional(),
  authors: listAtMost(ShortText, LIST_ITEMS_MAX),
  format: ShortText.optional(),
});

export const SearchResult = z.object({
  externalId: charactersAtMost(EXTERNAL_ID_CHARACTERS_MAX).min(1),
  title: Title,
  alternateTitles: listAtMost(Title, LIST_ITEMS_MAX),
  year: z.int().optional(),
  coverUrl: WebAddress.optional(),
  relevanceScore: z.number().min(0).max(1).optional(),
  preview: SearchPreview.optional(),
}).check(fitsDocument);
export type SearchResult = z.infer<typeof SearchResult>;

export const SearchAnswer = z.object({
  results: firstItemsOf(SearchResult, LIST_ITEMS_MAX),
  nextCursor: bytesAtMost(SUMMARY_BYTES_MAX).optional(),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

export const MatchAnswer = z.object({
  match: SearchResult.optional(),
  /** Without one that can be read, the match is not trusted. */
  confidence: z.number().min(0).max(1).default(0),
  alternatives: firstItemsOf(SearchResult, LIST_ITEMS_MAX),
});
export type MatchAnswer = z.infer<typeof MatchAnswer>;

const Limit = z.int().min(1).max(100);

export const SeriesSearchParams = z.object({
  query: z.string().min(1),
  limit: Limit.optional(),
  cursor: z.string().optional(),
});
export const GetParams = z.object({ externalId: z.string().min(1) });
export const SeriesMatchParams = z.object({
  title: z.string().min(1),
  year: z.int().optional(),
  author: z.string().optional(),
});
export const BookSearchParams = z.object({
  isbn: z.string().min(1).optional(),
  query: z.string().min(1).optional(),
  author: z.string().optional(),
  year: z.int().optional(),
  limit: Limit.optional(),
  cursor: z.string().optional(),
}).refine((params) => params.isbn !== undefined || params.query !== undefined, {
  message: 'Needs "isbn" or "query"',
});
export const BookMatchParams = z.object({
  title: z.string().min(1),
  authors: listOf(z.string()),
  isbn: z.string().optional(),
  year: z.int().optional(),
  publisher: z.string().optional(),
});

export const MetadataAction = z.enum(["search", "get", "match"]);
export type MetadataAction = z.infer<typeof MetadataAction>;

/** Parameters and answers of each metadata method, by content type and action. */
export const metadataMethods = {
  series: {
    search: { params: SeriesSearchParams, answer: SearchAnswer },
    get: { params: GetParams, answer: SeriesMetadata },
    match: { params: SeriesMatchParams, answer: MatchAnswer },
  },
  book: {
    search: { params: BookSearchParams, answer: SearchAnswer },
    get: { params: GetParams, answer: BookMetadata },
    match: { params: BookMatchParams, answer: MatchAnswer },
  },
} as const;
