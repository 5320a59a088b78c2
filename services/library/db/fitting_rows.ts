/** How many rows of a list one page has room for, found out before their documents are read. */
import { PAGE_BYTES_MAX } from "@codex/service";
import { type SQL, sql, type SQLWrapper } from "drizzle-orm";

export interface Candidates {
  readonly table: "series" | "books" | "history";
  /** Ids of the rows that the page and the one after it could have: a select of one column. */
  readonly ids: SQLWrapper;
  /** The order of the list, of the table's columns by their names. */
  readonly order: SQL;
  /** The columns that can be large. */
  readonly columns: readonly string[];
}

/** A list's rows, and how many there are for its page and the one after it. */
export interface ListedRows<Row> {
  readonly rows: readonly Row[];
  readonly candidates: number;
}

/** What can be large of a series and of a book. */
export const LARGE_COLUMNS: readonly string[] = ["metadata", "provenance"];

/** How many candidates there are, of those rows that were read. */
export const CANDIDATES = sql<number>`fitting.candidates`;
/** The place of a row in its list. */
export const PLACE = sql`fitting.place`;

/**
 * A table `fitting(id, place, candidates)` of the rows with which a page gets full, and of two at
 * least. Documents that were stored before there were limits can have megabytes, so their sizes are
 * told by the database, and no more of them are read than one page has room for.
 */
export function fittingRows({ table, ids, order, columns }: Candidates): SQL {
  const bytes = columns.map((name) => `octet_length(${name}::text)`).join(" + ");
  return sql`(
    select id, place, candidates from (
      select id,
        row_number() over (order by ${order}) as place,
        (count(*) over ())::int as candidates,
        sum(${sql.raw(bytes)}) over (
          order by ${order} rows between unbounded preceding and 1 preceding) as bytes_before
      from library.${sql.identifier(table)} where id in ${ids}
    ) as candidate
    where place <= 2 or bytes_before <= ${PAGE_BYTES_MAX}
  ) as fitting`;
}

export function listedRows<Row extends { readonly candidates: number }, Item>(
  rows: readonly Row[],
  toItem: (row: Row) => Item,
): ListedRows<Item> {
  return { rows: rows.map(toItem), candidates: rows[0]?.candidates ?? 0 };
}
