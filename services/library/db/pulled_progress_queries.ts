/**
 * Progress that another service tells, laid over the reader's own: only ever added to. One statement
 * each, so that a page of any size is worked through inside the database.
 */
import { type SQL, sql } from "drizzle-orm";
import type { EngagementScope, PulledProgress, UserId } from "@codex/protocol";
import { z } from "zod";
import type { Executor } from "./database.ts";
import { inLibraries, namedSeries } from "./engagement_queries.ts";

/** Whose progress, of which series, told when. */
export interface PulledPage {
  readonly userId: UserId;
  readonly scope: EngagementScope;
  readonly entries: readonly PulledProgress[];
  readonly at: Date;
}

const Counts = z.array(z.object({ place: z.int(), count: z.int() }));

/** Place of an entry in the page → a count; entries with none are missing. */
export type CountByPlace = ReadonlyMap<number, number>;

/**
 * Keeps this reader's progress to the transaction. Reports of single books hold the same lock shared
 * (`lockProgress`), so that none of them writes over a completion it hasn't seen.
 */
export async function lockReader(tx: Executor, userId: UserId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`reader ${userId}`}, 0))`);
}

/** How many series each entry belongs to. */
export async function countMatched(tx: Executor, page: PulledPage): Promise<CountByPlace> {
  return await counts(
    tx,
    sql`select place, count(distinct series_id)::int as count from ${matched(page)} group by place`,
  );
}

/** Marks the books that are read by what the entries say, and counts them by entry. */
export async function markBooks(tx: Executor, page: PulledPage): Promise<CountByPlace> {
  return await counts(
    tx,
    sql`
    with unread as (${unreadBooks(page)}),
    marked as (
      insert into library.book_progress as known
        (user_id, book_id, completed, started_at, completed_at, updated_at)
      select ${page.userId}::uuid, book_id, true,
        least(coalesce("startedAt", told_at), told_at), told_at, told_at
      from unread
      on conflict (user_id, book_id) do update set
        completed = true,
        started_at = coalesce(known.started_at, excluded.started_at),
        completed_at = excluded.completed_at,
        updated_at = greatest(known.updated_at, excluded.updated_at)
      where not known.completed
      returning book_id
    )
    select place, count(*)::int as count from unread join marked using (book_id) group by place`,
  );
}

/** What {@linkcode markBooks} would mark. */
export async function countUnread(tx: Executor, page: PulledPage): Promise<CountByPlace> {
  return await counts(
    tx,
    sql`select place, count(*)::int as count from (${unreadBooks(page)}) as unread group by place`,
  );
}

/** Rates the series that the reader has not rated, and counts them by entry. */
export async function rateSeries(tx: Executor, page: PulledPage): Promise<CountByPlace> {
  return await counts(
    tx,
    sql`
    with unrated as (${unratedSeries(page)}),
    rated as (
      insert into library.series_ratings (user_id, series_id, rating, notes, updated_at)
      select ${page.userId}::uuid, series_id, rating, notes, ${instant(page.at)} from unrated
      on conflict do nothing
      returning series_id
    )
    select place, count(*)::int as count from unrated join rated using (series_id) group by place`,
  );
}

/** What {@linkcode rateSeries} would rate. */
export async function countUnrated(tx: Executor, page: PulledPage): Promise<CountByPlace> {
  return await counts(
    tx,
    sql`select place, count(*)::int as count from (${
      unratedSeries(page)
    }) as unrated group by place`,
  );
}

/** Every pair of an entry and a series it belongs to; all copies in scope. */
function matched({ scope, entries }: PulledPage): SQL {
  const rows = entries.map((entry, place) => ({ ...entry, place }));
  return sql`(
    select told.*, series_id
    from json_to_recordset(${JSON.stringify(rows)}::json) as told(place int, "externalId" text,
      volumes double precision, chapters double precision, rating smallint, notes text,
      "startedAt" timestamptz, "completedAt" timestamptz, "latestUpdatedAt" timestamptz)
    join ${namedSeries(scope)} as named on named.external_id = told."externalId" collate "C"
    join library.series on series.id = named.series_id
    where ${inLibraries(scope)}
  ) as matched`;
}

/**
 * Books up to the volume or chapter told, by their own numbers; by their place where the series has no
 * numbers. A chapter is read with its volume, but chapters never make a volume read.
 *
 * `told_at` is when the other service saw the last of it, never in the future. What is known of a book
 * is looked up by its key: as a join, the planner may read all of a new reader's progress for each series.
 */
function unreadBooks(page: PulledPage): SQL {
  const at = instant(page.at);
  return sql`
    select distinct on (book_id) book_id, place, "startedAt",
      least(coalesce("completedAt", "latestUpdatedAt", ${at}), ${at}) as told_at
    from (
      select matched.place, "startedAt", "completedAt", "latestUpdatedAt", numbered.book_id
      from ${matched(page)} cross join lateral library.numbered_books(series_id) as numbered
      where (volumes > 0 or chapters > 0)
        and (coalesce(numbered.volume, numbered.place) <= volumes
          or (is_chapter and chapter <= chapters))
    ) as reached
    where not coalesce((
      select completed from library.book_progress as known
      where known.user_id = ${page.userId} and known.book_id = reached.book_id), false)
    order by book_id, place`;
}

function unratedSeries(page: PulledPage): SQL {
  return sql`
    select distinct on (series_id) series_id, place, rating, notes
    from ${matched(page)}
    where rating is not null and not exists (
      select from library.series_ratings as known
      where known.series_id = matched.series_id and known.user_id = ${page.userId})
    order by series_id, place`;
}

async function counts(tx: Executor, query: SQL): Promise<CountByPlace> {
  const rows = Counts.parse([...await tx.execute(query)]);
  return new Map(rows.map(({ place, count }) => [place, count]));
}

function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
