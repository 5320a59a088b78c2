/**
 * Statements of one batch of an import. Each takes all its rows as one JSON parameter: one round trip and
 * one plan, however many rows.
 */
import { type SQL, sql } from "drizzle-orm";
import type { LibraryId } from "@codex/protocol";
import type { ProvenanceMap } from "../domain/act.ts";
import type { Fields } from "../domain/document.ts";
import type { KnownBook, KnownRow } from "../domain/import_plan.ts";
import type { FieldChange } from "../domain/write.ts";
import { arrayOf, type Executor, schema } from "./database.ts";

const { series, books } = schema;

export interface ImportedRow {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly titleSort: string;
  readonly fields: Fields;
  readonly provenance: ProvenanceMap;
  readonly digest: string;
  /** A tsvector's text. */
  readonly words: string;
}

export interface ImportedSeries extends ImportedRow {
  readonly bookCount: number;
  readonly ownWords: string;
}

export interface ImportedBook extends ImportedRow {
  readonly seriesId: string;
  readonly number: number | null;
}

export interface ImportedAct {
  readonly id: string;
  readonly seriesId: string | null;
  readonly bookId: string | null;
  readonly changes: readonly FieldChange[];
  readonly provenanceBefore: ProvenanceMap;
}

const ROW = sql.raw(`id uuid, key text, title text, "titleSort" text, fields jsonb,
  provenance jsonb, digest text, words tsvector`);

function rowsOf(rows: readonly unknown[], columns: SQL): SQL {
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as given(${columns})`;
}

/** Which of these keys the library has already. */
export async function findKeys(
  tx: Executor,
  libraryId: LibraryId,
  seriesKeys: readonly string[],
  bookKeys: readonly string[],
): Promise<{ series: Map<string, KnownRow>; books: Map<string, KnownBook> }> {
  const seriesRows = seriesKeys.length === 0 ? [] : await tx
    .select({ id: series.id, key: series.key, importDigest: series.importDigest }).from(series)
    .where(sql`${series.libraryId} = ${libraryId}
      and ${series.key} = any(${arrayOf(seriesKeys, "text")})`);
  const bookRows = bookKeys.length === 0 ? [] : await tx
    .select({
      id: books.id,
      key: books.key,
      importDigest: books.importDigest,
      seriesId: books.seriesId,
      number: books.number,
    }).from(books)
    .where(sql`${books.libraryId} = ${libraryId}
      and ${books.key} = any(${arrayOf(bookKeys, "text")})`);
  return { series: byKey(seriesRows), books: byKey(bookRows) };
}

export async function insertSeries(
  tx: Executor,
  libraryId: LibraryId,
  rows: readonly ImportedSeries[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into library.series (id, library_id, key, title, title_sort, metadata, locks, provenance,
      import_digest, created_at, updated_at, book_count, own_words, words)
    select id, ${libraryId}::uuid, key, title, "titleSort", fields, '{}', provenance,
      digest, ${instant(at)}, ${instant(at)}, "bookCount", "ownWords", words
    from ${rowsOf(rows, sql`${ROW}, "bookCount" integer, "ownWords" tsvector`)}`);
}

export async function insertBooks(
  tx: Executor,
  libraryId: LibraryId,
  rows: readonly ImportedBook[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into library.books (id, library_id, key, title, title_sort, metadata, locks, provenance,
      import_digest, created_at, updated_at, series_id, number, words)
    select id, ${libraryId}::uuid, key, title, "titleSort", fields, '{}', provenance,
      digest, ${instant(at)}, ${instant(at)}, "seriesId", number, words
    from ${rowsOf(rows, sql`${ROW}, "seriesId" uuid, number double precision`)}`);
}

/** Rewrites locked series. Their `words` are for {@linkcode refreshSeries} to gather. */
export async function updateSeries(
  tx: Executor,
  rows: readonly ImportedRow[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update library.series set title = given.title, title_sort = "titleSort", metadata = fields,
      provenance = given.provenance, import_digest = digest, own_words = given.words,
      version = version + 1, updated_at = ${instant(at)}
    from ${rowsOf(rows, ROW)} where series.id = given.id`);
}

/** Rewrites locked books; one can move to another series of the library. */
export async function updateBooks(
  tx: Executor,
  rows: readonly ImportedBook[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update library.books set title = given.title, title_sort = "titleSort", metadata = fields,
      provenance = given.provenance, import_digest = digest, words = given.words,
      series_id = "seriesId", number = given.number,
      version = version + 1, updated_at = ${instant(at)}
    from ${rowsOf(rows, sql`${ROW}, "seriesId" uuid, number double precision`)}
    where books.id = given.id`);
}

/** Notes which line a row was compared with and found unchanged by: next time the digest tells. */
export async function stampDigests(
  tx: Executor,
  table: "series" | "books",
  rows: readonly { id: string; digest: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update library.${sql.identifier(table)} as stamped set import_digest = digest
    from ${rowsOf(rows, sql`id uuid, digest text`)} where stamped.id = given.id`);
}

export async function insertImportHistory(
  tx: Executor,
  rows: readonly ImportedAct[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = sql.raw(
    `id uuid, "seriesId" uuid, "bookId" uuid, changes jsonb, "provenanceBefore" jsonb`,
  );
  await tx.execute(sql`
    insert into library.history (id, series_id, book_id, at, source, changes, provenance_before)
    select id, "seriesId", "bookId", ${instant(at)}, 'import', changes, "provenanceBefore"
    from ${rowsOf(rows, columns)}`);
}

function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

function byKey<Row extends { key: string | null }>(
  rows: readonly Row[],
): Map<string, Row & { key: string }> {
  const entries = rows.flatMap((row) => {
    const { key } = row;
    return key === null ? [] : [[key, { ...row, key }] as const];
  });
  return new Map(entries);
}
