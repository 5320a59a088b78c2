import { and, asc, eq, sql } from "drizzle-orm";
import { Book, type BookId, type SeriesId } from "@codex/protocol";
import type { Position } from "../domain/position.ts";
import { withIds } from "../domain/external_ids.ts";
import { type Executor, schema } from "./database.ts";
import {
  CANDIDATES,
  fittingRows,
  LARGE_COLUMNS,
  type ListedRows,
  listedRows,
  PLACE,
} from "./fitting_rows.ts";
import { toProgress } from "./reading_queries.ts";

const { books, bookProgress } = schema;

const StoredBook = Book.omit({ externalIds: true });

const columns = {
  id: books.id,
  libraryId: books.libraryId,
  seriesId: books.seriesId,
  title: books.title,
  titleSort: books.titleSort,
  number: books.number,
  metadata: books.metadata,
  locks: books.locks,
  provenance: books.provenance,
  createdAt: books.createdAt,
  updatedAt: books.updatedAt,
};

type Row = Pick<typeof books.$inferSelect, keyof typeof columns>;
type ProgressRow = typeof bookProgress.$inferSelect;

/** Where a book stands in its series: number and title; one without a number comes last. */
export type ReadingOrder = readonly [number: number | null, titleSort: string];

export async function listBooks(
  db: Executor,
  userId: string,
  seriesId: SeriesId,
  after: Position<ReadingOrder> | undefined,
  limit: number,
): Promise<ListedRows<Book>> {
  const [number, title] = after?.key ?? [null, ""];
  const ids = db.select({ id: books.id }).from(books)
    .where(and(
      eq(books.seriesId, seriesId),
      after && sql`(${books.numberSort}, ${books.titleSort}, ${books.id})
        > (coalesce(${number}::double precision, 'Infinity'), ${title}::text, ${after.id}::uuid)`,
    ))
    .orderBy(asc(books.numberSort), asc(books.titleSort), asc(books.id)).limit(limit);
  const fitting = fittingRows({
    table: "books",
    ids,
    order: sql`number_sort, title_sort, id`,
    columns: LARGE_COLUMNS,
  });
  const rows = await db
    .select({ book: columns, progress: bookProgress, candidates: CANDIDATES }).from(books)
    .innerJoin(fitting, sql`fitting.id = ${books.id}`)
    .leftJoin(bookProgress, progressOf(userId)).orderBy(PLACE);
  return listedRows(rows, ({ book, progress }) => toBook(book, progress));
}

export async function findBook(
  db: Executor,
  userId: string,
  id: BookId,
): Promise<Book | undefined> {
  const [row] = await db.select({ book: columns, progress: bookProgress }).from(books)
    .leftJoin(bookProgress, progressOf(userId)).where(eq(books.id, id));
  return row && toBook(row.book, row.progress);
}

function progressOf(userId: string) {
  return and(eq(bookProgress.bookId, books.id), eq(bookProgress.userId, userId));
}

function toBook(row: Row, progress: ProgressRow | null): Book {
  const { number, ...rest } = row;
  const stored = StoredBook.parse({
    ...rest,
    ...(number !== null && { number }),
    ...(progress !== null && { progress: toProgress(progress) }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
  return { ...stored, externalIds: withIds(stored.id, stored.metadata.externalIds) };
}
