import { and, asc, desc, eq, type SQL, sql } from "drizzle-orm";
import { type LibraryId, Series, type SeriesId, type SeriesQuery } from "@codex/protocol";
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

const { series } = schema;

const StoredSeries = Series.omit({ externalIds: true });

const columns = {
  id: series.id,
  libraryId: series.libraryId,
  title: series.title,
  titleSort: series.titleSort,
  metadata: series.metadata,
  locks: series.locks,
  provenance: series.provenance,
  bookCount: series.bookCount,
  createdAt: series.createdAt,
  updatedAt: series.updatedAt,
};

type Row = Pick<typeof series.$inferSelect, keyof typeof columns> & { booksRead: number };

/**
 * Books of the series that this user has completed. The names are spelt out: drizzle leaves the table's
 * name out of a column in a query of one table, which would mix up the two `id`s here.
 */
function booksRead(userId: string): SQL<number> {
  return sql<number>`(
    select count(*)::int from library.book_progress join library.books on books.id = book_id
    where books.series_id = series.id and completed and user_id = ${userId})`;
}

export type SeriesSort = SeriesQuery["sort"];

export interface SeriesSelection {
  readonly libraryId: LibraryId | undefined;
  /** A tsquery's text; undefined for every series. */
  readonly words: string | undefined;
  readonly sort: SeriesSort;
  readonly after: Position<string> | undefined;
  readonly limit: number;
}

export async function listSeries(
  db: Executor,
  userId: string,
  { libraryId, words, sort, after, limit }: SeriesSelection,
): Promise<ListedRows<Series>> {
  const isDescending = sort.startsWith("-");
  const key = sortColumn(sort);
  const direction = isDescending ? desc : asc;
  const ids = db.select({ id: series.id }).from(series)
    .where(and(
      libraryId && eq(series.libraryId, libraryId),
      words === undefined ? undefined : sql`${series.words} @@ ${words}::tsquery`,
      after && sql`(${key}, ${series.id}) ${sql.raw(isDescending ? "<" : ">")}
        (${typedKey(sort, after.key)}, ${after.id}::uuid)`,
    ))
    .orderBy(direction(key), direction(series.id)).limit(limit);
  const way = sql.raw(isDescending ? "desc" : "asc");
  const fitting = fittingRows({
    table: "series",
    ids,
    order: sql`${sql.identifier(key.name)} ${way}, id ${way}`,
    columns: LARGE_COLUMNS,
  });
  const rows = await db.select({ ...columns, booksRead: booksRead(userId), candidates: CANDIDATES })
    .from(series).innerJoin(fitting, sql`fitting.id = ${series.id}`).orderBy(PLACE);
  return listedRows(rows, toSeries);
}

export async function findSeries(
  db: Executor,
  userId: string,
  id: SeriesId,
): Promise<Series | undefined> {
  const [row] = await db.select({ ...columns, booksRead: booksRead(userId) }).from(series)
    .where(eq(series.id, id));
  return row && toSeries(row);
}

/** What a cursor holds of a series, by the order of the list. */
export function sortKeyOf(sort: SeriesSort, item: Series): string {
  if (sort.endsWith("created")) return item.createdAt;
  return sort.endsWith("updated") ? item.updatedAt : item.titleSort;
}

function sortColumn(sort: SeriesSort) {
  if (sort.endsWith("created")) return series.createdAt;
  return sort.endsWith("updated") ? series.updatedAt : series.titleSort;
}

function typedKey(sort: SeriesSort, key: string): SQL {
  return sort.endsWith("title") ? sql`${key}::text` : sql`${key}::timestamptz`;
}

function toSeries(row: Row): Series {
  const stored = StoredSeries.parse({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
  return { ...stored, externalIds: withIds(stored.id, stored.metadata.externalIds) };
}
