/** Libraries, series and books, and their import (http-api.md: "Library"). */
import { z } from "zod";
import { charactersAtMost, TITLE_CHARACTERS_MAX } from "../document_limits.ts";
import { BookId, HistoryId, LibraryId, PluginId, SeriesId, UserId } from "../ids.ts";
import { IsoDateTime, Json, listOf, recordOf } from "../json.ts";
import { BookDocument, ExternalId, SeriesDocument } from "../metadata.ts";
import { pageOf, PageQuery } from "./paging.ts";

export const Library = z.object({
  id: LibraryId,
  name: z.string(),
  path: z.string().optional(),
  seriesCount: z.int().nonnegative(),
  bookCount: z.int().nonnegative(),
  createdAt: IsoDateTime,
  updatedAt: IsoDateTime,
});
export type Library = z.infer<typeof Library>;
export const LibraryPage = pageOf(Library);

const LibraryName = z.string().trim().min(1).max(200);
/** An absolute folder on the server. */
const LibraryPath = z.string().min(1).max(4096).startsWith("/", "Must be an absolute path");
export const NewLibrary = z.object({ name: LibraryName, path: LibraryPath.optional() });
export const LibraryPatch = z.object({
  name: LibraryName.optional(),
  path: LibraryPath.nullable().optional(),
});

/** Who last wrote a field: an import, a person, or a plugin. */
export const Provenance = z.object({
  source: z.enum(["import", "user", "plugin"]),
  at: IsoDateTime,
  userId: UserId.optional(),
  pluginId: PluginId.optional(),
  pluginName: z.string().optional(),
  pluginVersion: z.string().optional(),
  externalId: z.string().optional(),
});
export type Provenance = z.infer<typeof Provenance>;

/** Field name → locked. Only locked fields are listed. */
export const Locks = z.record(z.string(), z.boolean());
/** Field name → who wrote it last. */
export const ProvenanceMap = z.record(z.string(), Provenance);

export const StoredExternalId = ExternalId.extend({ id: z.uuid() });

const common = {
  libraryId: LibraryId,
  title: z.string(),
  titleSort: z.string(),
  locks: Locks,
  provenance: ProvenanceMap,
  externalIds: z.array(StoredExternalId),
  createdAt: IsoDateTime,
  updatedAt: IsoDateTime,
};

export const Series = z.object({
  id: SeriesId,
  ...common,
  metadata: SeriesDocument,
  bookCount: z.int().nonnegative(),
  booksRead: z.int().nonnegative(),
});
export type Series = z.infer<typeof Series>;

/** How far a reader is in one book. */
export const BookProgress = z.object({
  currentPage: z.int().nonnegative().optional(),
  progressPercentage: z.number().min(0).max(100).optional(),
  completed: z.boolean(),
  startedAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  updatedAt: IsoDateTime,
});
export type BookProgress = z.infer<typeof BookProgress>;

export const Book = z.object({
  id: BookId,
  seriesId: SeriesId,
  ...common,
  metadata: BookDocument,
  number: z.number().optional(),
  progress: BookProgress.optional(),
});
export type Book = z.infer<typeof Book>;

export const SeriesPage = pageOf(Series);
export type SeriesPage = z.infer<typeof SeriesPage>;
export const BookPage = pageOf(Book);

export const SeriesSort = z.enum(["title", "-title", "created", "-created", "updated", "-updated"]);
export const SeriesQuery = PageQuery.extend({
  libraryId: LibraryId.optional(),
  /** Words that the title, an alternate title, an author or an ISBN must hold. */
  q: z.string().trim().max(200).optional(),
  sort: SeriesSort.default("title"),
});
export type SeriesQuery = z.infer<typeof SeriesQuery>;

/** Makes an edit of a document: only what is named changes, `null` or `[]` empties a field. */
function editOf(shape: Record<string, z.ZodType>) {
  const fields = Object.entries(shape).map(([name, field]) => {
    let inner = field;
    while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) {
      inner = inner.unwrap() as z.ZodType;
    }
    return [name, inner.nullable().optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields));
}

/** Edits by a person lock the fields they change, unless `lock` is false. */
export const SeriesPatch = z.object({
  metadata: editOf(SeriesDocument.shape),
  lock: z.boolean().default(true),
});
export const BookPatch = z.object({
  metadata: editOf(BookDocument.shape),
  lock: z.boolean().default(true),
});

/** A line longer than this is reported and skipped. */
export const IMPORT_LINE_BYTES_MAX = 8 * 1024 * 1024;
/** Faults beyond this number are counted, not listed. */
export const IMPORT_ERRORS_LISTED_MAX = 1000;

const ImportKey = z.string().min(1).max(500);
const ImportTitle = z.string().trim().min(1).pipe(charactersAtMost(TITLE_CHARACTERS_MAX));

export const ImportBook = z.object({
  key: ImportKey,
  title: ImportTitle,
  number: z.number().optional(),
  volume: z.number().optional(),
  chapter: z.number().optional(),
  pageCount: z.int().nonnegative().optional(),
  metadata: BookDocument.prefault({}),
  externalIds: listOf(ExternalId),
});

/** One line of an import: a series with its books. `key` is the natural key within the library. */
export const ImportSeries = z.object({
  key: ImportKey,
  title: ImportTitle,
  metadata: SeriesDocument.prefault({}),
  externalIds: listOf(ExternalId),
  books: listOf(ImportBook),
});
export type ImportBook = z.infer<typeof ImportBook>;
export type ImportSeries = z.infer<typeof ImportSeries>;

const ImportCounts = z.object({
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
});

export const ImportReport = z.object({
  lines: z.int(),
  series: ImportCounts,
  books: ImportCounts,
  /** Lines that did not go in; the rest did. */
  failed: z.int(),
  errors: z.array(z.object({
    /** Counted from 1. */
    line: z.int(),
    code: z.enum([
      "bad_json",
      "line_too_long",
      "invalid_utf8",
      "duplicate_key",
      "invalid",
    ]),
    detail: z.string(),
    key: z.string().optional(),
  })),
  /** More faults than are listed in `errors`. */
  errorsTruncated: z.boolean(),
});
export type ImportReport = z.infer<typeof ImportReport>;

export const LockChanges = recordOf(z.string(), z.boolean(), 100);
export const BulkLockChange = z.object({
  seriesIds: z.array(SeriesId).min(1).max(1000),
  locks: LockChanges,
});
export const BulkLockAnswer = z.object({ updated: z.int() });

export const HistoryEntry = z.object({
  id: HistoryId,
  at: IsoDateTime,
  source: z.enum(["import", "user", "plugin", "revert"]),
  userId: UserId.optional(),
  pluginId: PluginId.optional(),
  pluginName: z.string().optional(),
  pluginVersion: z.string().optional(),
  externalId: z.string().optional(),
  changes: z.array(z.object({ field: z.string(), before: Json, after: Json })),
  revertedAt: IsoDateTime.optional(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export const HistoryPage = pageOf(HistoryEntry);
export const RevertAnswer = z.object({
  revertedFields: z.array(z.string()),
  skippedFields: z.array(z.object({ field: z.string(), reason: z.string() })),
});

export const NewExternalId = ExternalId;
export const ExternalIdList = z.object({ items: z.array(StoredExternalId) });

export const NewProgress = z.object({
  currentPage: z.int().nonnegative().optional(),
  progressPercentage: z.number().min(0).max(100).optional(),
  completed: z.boolean().optional(),
}).refine((body) => Object.values(body).some((value) => value !== undefined), {
  message: "Needs currentPage, progressPercentage or completed",
});
export const NewRating = z.object({
  rating: z.int().min(1).max(100),
  notes: z.string().max(10_000).optional(),
});
export const StoredRating = NewRating.extend({ updatedAt: IsoDateTime });
