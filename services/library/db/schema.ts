/**
 * Tables of library. Times come from the service's clock, to the millisecond, so that a paging cursor
 * holds them exactly.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

export const library = pgSchema("library");

/** Text that sorts by code point on every server, whatever the database's own collation. */
const sortableText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/** Search words as `domain/search_words.ts` makes them, so no text search configuration is needed. */
const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const libraries = library.table("libraries", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  /** Absolute folder on the server. */
  path: text("path"),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

/** What series and books have in common. */
const documentColumns = () => ({
  id: uuid("id").primaryKey(),
  libraryId: uuid("library_id").notNull()
    .references(() => libraries.id, { onDelete: "cascade" }),
  /** Natural key within the library, given by the import. */
  key: text("key"),
  title: text("title").notNull(),
  /** As `domain/title_sort.ts` writes it. */
  titleSort: sortableText("title_sort").notNull(),
  /** `SeriesDocument` or `BookDocument`, empty fields left out. */
  metadata: jsonb("metadata").notNull(),
  /** `Locks`. */
  locks: jsonb("locks").notNull(),
  /** `ProvenanceMap`. */
  provenance: jsonb("provenance").notNull(),
  /** Counts the writes of `metadata`. */
  version: integer("version").notNull().default(1),
  /** Digest of the import line that last wrote the row; null once anything else has. */
  importDigest: text("import_digest"),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

export const series = library.table("series", {
  ...documentColumns(),
  bookCount: integer("book_count").notNull(),
  /** Words of the series' own document. */
  ownWords: tsvector("own_words").notNull(),
  /** `own_words` and those of all its books. */
  words: tsvector("words").notNull(),
}, (table) => [
  unique("series_key").on(table.libraryId, table.key),
  index("series_by_title").on(table.titleSort, table.id),
  index("series_by_library_title").on(table.libraryId, table.titleSort, table.id),
  index("series_by_created").on(table.createdAt, table.id),
  index("series_by_updated").on(table.updatedAt, table.id),
  index("series_words").using("gin", table.words),
]);

export const books = library.table("books", {
  ...documentColumns(),
  seriesId: uuid("series_id").notNull().references(() => series.id, { onDelete: "cascade" }),
  /** Its place in the series. */
  number: doublePrecision("number"),
  /** Books without a number come last. */
  numberSort: doublePrecision("number_sort").notNull()
    .generatedAlwaysAs(sql`coalesce(number, 'Infinity'::double precision)`),
  words: tsvector("words").notNull(),
}, (table) => [
  unique("books_key").on(table.libraryId, table.key),
  index("books_in_order").on(table.seriesId, table.numberSort, table.titleSort, table.id),
]);

/** Who wrote what: one row per act, of a series or of a book. */
export const history = library.table("history", {
  id: uuid("id").primaryKey(),
  /** The order of the acts. */
  sequence: bigint("sequence", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
  seriesId: uuid("series_id").references(() => series.id, { onDelete: "cascade" }),
  bookId: uuid("book_id").references(() => books.id, { onDelete: "cascade" }),
  at: instant("at").notNull(),
  source: text("source").notNull(),
  userId: uuid("user_id"),
  pluginId: uuid("plugin_id"),
  pluginName: text("plugin_name"),
  pluginVersion: text("plugin_version"),
  externalId: text("external_id"),
  /** `FieldChange[]`. */
  changes: jsonb("changes").notNull(),
  /** `ProvenanceMap` of the changed fields before the act, for undoing it. */
  provenanceBefore: jsonb("provenance_before").notNull(),
  revertedAt: instant("reverted_at"),
}, (table) => [
  check("history_of_one", sql`num_nonnulls(${table.seriesId}, ${table.bookId}) = 1`),
  index("history_of_series").on(table.seriesId, table.sequence),
  index("history_of_book").on(table.bookId, table.sequence),
]);

export const bookProgress = library.table("book_progress", {
  userId: uuid("user_id").notNull(),
  bookId: uuid("book_id").notNull().references(() => books.id, { onDelete: "cascade" }),
  currentPage: bigint("current_page", { mode: "number" }),
  progressPercentage: doublePrecision("progress_percentage"),
  completed: boolean("completed").notNull(),
  startedAt: instant("started_at"),
  completedAt: instant("completed_at"),
  updatedAt: instant("updated_at").notNull(),
}, (table) => [
  primaryKey({ columns: [table.userId, table.bookId] }),
  index("book_progress_by_book").on(table.bookId),
]);

export const seriesRatings = library.table("series_ratings", {
  userId: uuid("user_id").notNull(),
  seriesId: uuid("series_id").notNull().references(() => series.id, { onDelete: "cascade" }),
  /** 1 to 100. */
  rating: smallint("rating").notNull(),
  notes: text("notes"),
  updatedAt: instant("updated_at").notNull(),
}, (table) => [
  primaryKey({ columns: [table.userId, table.seriesId] }),
  index("series_ratings_by_series").on(table.seriesId),
]);

/**
 * The external ids of series, by which other services' entries find them. A trigger keeps them as the
 * documents say, so that no writer can forget to.
 */
export const seriesExternalIds = library.table("series_external_ids", {
  source: sortableText("source").notNull(),
  externalId: sortableText("external_id").notNull(),
  seriesId: uuid("series_id").notNull().references(() => series.id, { onDelete: "cascade" }),
}, (table) => [
  primaryKey({ columns: [table.source, table.externalId, table.seriesId] }),
  index("series_external_ids_by_series").on(table.seriesId),
]);
