/** How far a reader is, series by series, as sync reads it. */
import { type SQL, sql } from "drizzle-orm";
import {
  type EngagementScope,
  type ExternalMatch,
  type HeldIdsRequest,
  type LibraryId,
  SeriesEngagement,
  type SeriesId,
  SeriesName,
  type UserId,
} from "@codex/protocol";
import { z } from "zod";
import { arrayOf, type Executor } from "./database.ts";

/** What one line of the stream is made from: one copy of what an external id names. */
export interface EngagedCopy {
  readonly externalId: string;
  readonly engagement: SeriesEngagement;
}

export interface EngagementDetail {
  readonly withBooks: boolean;
  readonly withMetadata: boolean;
}

/**
 * Copies of the next `limit` external ids after `after`, in the order of the ids.
 *
 * @param after an external id; "" for the first page
 */
export async function listIdentified(
  db: Executor,
  userId: UserId,
  scope: EngagementScope,
  detail: EngagementDetail,
  after: string,
  limit: number,
): Promise<EngagedCopy[]> {
  const named = namedSeries(scope);
  return await readCopies(
    db,
    sql`
    with page as (
      select distinct external_id
      from ${named} as named join library.series on series.id = named.series_id
      where external_id > ${after} collate "C" and ${inLibraries(scope)} and ${isEngaged(userId)}
      order by external_id limit ${limit}
    )
    select named.external_id as "externalId", ${columns(detail)}
    from page join ${named} as named using (external_id)
    join library.series on series.id = named.series_id
    ${joins(userId, detail)}
    where ${inLibraries(scope)} and "booksRead" + "booksStarted" > 0
    order by named.external_id, series.id`,
  );
}

/** Engaged series that no external id names, in the order of their ids. */
export async function listUnidentified(
  db: Executor,
  userId: UserId,
  scope: EngagementScope,
  detail: EngagementDetail,
  after: SeriesId | undefined,
  limit: number,
): Promise<EngagedCopy[]> {
  const named = namedSeries(scope);
  return await readCopies(
    db,
    sql`
    with page as (
      select id from library.series
      where ${after === undefined ? sql`true` : sql`id > ${after}::uuid`}
        and ${inLibraries(scope)} and ${isEngaged(userId)}
        and not exists (select from ${named} as named where named.series_id = series.id)
      order by id limit ${limit}
    )
    select '' as "externalId", ${columns(detail)}
    from page join library.series using (id)
    ${joins(userId, detail)}
    order by series.id`,
  );
}

/** Series in the libraries that are named by these external ids. */
export async function findHeldIds(db: Executor, request: HeldIdsRequest): Promise<ExternalMatch[]> {
  const rows = await db.execute(sql`
    select external_id as "externalId", series_id as "seriesId"
    from library.series_external_ids join library.series on series.id = series_id
    where source = ${request.externalIdSource} and ${inLibraries(request)}
      and external_id = any(${arrayOf(request.externalIds, "text")})
    order by external_id, series_id`);
  return z.array(z.object({ externalId: z.string(), seriesId: z.string() })).parse([...rows])
    .map(({ externalId, seriesId }) => ({ externalId, seriesId: seriesId as SeriesId }));
}

export async function findSeriesName(
  db: Executor,
  id: SeriesId,
): Promise<SeriesName | undefined> {
  const rows = await db.execute(sql`
    select id, library_id as "libraryId", title from library.series where id = ${id}`);
  return rows[0] && SeriesName.parse(rows[0]);
}

/** Pairs of external id and series: what the documents say, and what the request adds. */
export function namedSeries({ externalIdSource, matches }: EngagementScope): SQL {
  const byDocument = sql`
    select external_id, series_id from library.series_external_ids
    where source = ${externalIdSource}`;
  if (matches.length === 0) return sql`(${byDocument})`;
  return sql`(${byDocument} union
    select "externalId" collate "C", "seriesId"
    from json_to_recordset(${JSON.stringify(matches)}::json)
      as given("externalId" text, "seriesId" uuid))`;
}

export function inLibraries({ libraryIds }: { libraryIds: readonly LibraryId[] }): SQL {
  return libraryIds.length === 0
    ? sql`true`
    : sql`series.library_id = any(${arrayOf(libraryIds, "uuid")})`;
}

/** A report of a book at its very beginning, or one that took a completion back, starts nothing. */
export const STARTED = sql.raw("(completed or current_page > 0 or progress_percentage > 0)");

function isEngaged(userId: UserId): SQL {
  return sql`exists (
    select from library.books join library.book_progress on book_id = books.id
    where books.series_id = series.id and user_id = ${userId} and ${STARTED})`;
}

const PLAIN_COLUMNS = sql.raw(`
  series.id as "seriesId", series.library_id as "libraryId", libraries.name as "libraryName",
  series.title, (series.metadata ->> 'totalVolumeCount')::double precision as "totalVolumeCount",
  (series.metadata ->> 'totalChapterCount')::double precision as "totalChapterCount",
  reading.*, rating::int, notes`);

const METADATA_COLUMNS = sql.raw(`
  series.metadata -> 'genres' as genres, series.metadata -> 'tags' as tags,
  series.metadata - 'customMetadata' as metadata,
  series.metadata -> 'customMetadata' as "customMetadata"`);

function columns({ withMetadata }: EngagementDetail): SQL {
  return withMetadata ? sql`${PLAIN_COLUMNS}, ${METADATA_COLUMNS}` : PLAIN_COLUMNS;
}

const COUNTS = sql.raw(`
  count(*)::int as "bookCount",
  (count(*) filter (where completed))::int as "booksRead",
  (count(*) filter (where started and not completed))::int
    as "booksStarted",
  (count(*) filter (where completed and not is_chapter))::int as "volumesRead",
  max(volume) filter (where completed and not is_chapter) as "maxVolume",
  max(chapter) filter (where completed) as "maxChapter",
  min(started_at) filter (where started) as "startedAt",
  max(completed_at) filter (where completed) as "completedAt",
  max(updated_at) filter (where started) as "latestUpdatedAt"`);

const READ_BOOKS = sql.raw(`
  , json_agg(json_strip_nulls(json_build_object(
      'volume', volume, 'chapter', chapter, 'completed', completed,
      'currentPage', current_page, 'progressPercentage', progress_percentage))
    order by volume, chapter, place, book_id) filter (where started) as "readBooks"`);

/**
 * `offset 0` keeps the progress of a book a lookup by its key: as a plain join, the planner may read all
 * of a new reader's progress for each series.
 */
function joins(userId: UserId, { withBooks }: EngagementDetail): SQL {
  return sql`
    join library.libraries on libraries.id = series.library_id
    left join library.series_ratings
      on series_ratings.series_id = series.id and series_ratings.user_id = ${userId}
    cross join lateral (
      select ${COUNTS} ${withBooks ? READ_BOOKS : sql``}
      from (
        select numbered.*, current_page, progress_percentage, started_at, completed_at, updated_at,
          coalesce(completed, false) as completed, coalesce(${STARTED}, false) as started
        from library.numbered_books(series.id) as numbered
        left join lateral (
          select current_page, progress_percentage, completed, started_at, completed_at, updated_at
          from library.book_progress
          where user_id = ${userId} and book_progress.book_id = numbered.book_id
          offset 0
        ) as known on true
      ) as book
    ) as reading`;
}

async function readCopies(db: Executor, query: SQL): Promise<EngagedCopy[]> {
  const rows = await db.execute(query);
  return [...rows].map((row) => {
    const { externalId, ...engagement } = withoutNulls(row);
    return {
      externalId: String(externalId),
      engagement: SeriesEngagement.parse(engagement),
    };
  });
}

/** PostgreSQL's times are written as ISO 8601. */
function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  const filled = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(
    filled.map(([name, value]) => [name, name.endsWith("At") ? toIso(value) : value]),
  );
}

function toIso(value: unknown): unknown {
  return value instanceof Date || typeof value === "string" ? new Date(value).toISOString() : value;
}
