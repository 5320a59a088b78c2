/** The reader's series, the best first, as recommendations are made from. */
import { type SQL, sql } from "drizzle-orm";
import {
  type LibraryEntriesRequest,
  LibraryEntry,
  SeriesDocument,
  type UserId,
} from "@codex/protocol";
import type { Executor } from "./database.ts";
import { inLibraries, STARTED } from "./engagement_queries.ts";

/** Ranks first on counts alone, so that only the chosen series' documents are read. */
export async function listLibraryEntries(
  db: Executor,
  userId: UserId,
  { libraryIds, limit }: LibraryEntriesRequest,
): Promise<LibraryEntry[]> {
  const rows = await db.execute(sql`
    with reading as (
      select books.series_id, ${READING}
      from library.book_progress join library.books on books.id = book_id
      where user_id = ${userId} and ${STARTED} group by books.series_id
    ),
    best as (
      select series.id, reading.*, rating::int, notes
      from library.series
      left join reading on reading.series_id = series.id
      left join library.series_ratings
        on series_ratings.series_id = series.id and series_ratings.user_id = ${userId}
      where ${inLibraries({ libraryIds })} and book_count > 0
      order by rating desc nulls last, "lastReadAt" desc nulls last, series.id
      limit ${limit}
    )
    select best.*, series.title, metadata, book_count as "booksOwned",
      series.library_id as "libraryId", libraries.name as "libraryName"
    from best join library.series on series.id = best.id
    join library.libraries on libraries.id = series.library_id
    order by rating desc nulls last, "lastReadAt" desc nulls last, series.id`);
  return [...rows].map(toEntry);
}

const READING: SQL = sql.raw(`
  (count(*) filter (where completed))::int as "booksRead",
  min(started_at) as "startedAt", max(book_progress.updated_at) as "lastReadAt",
  max(completed_at) filter (where completed) as "completedAt"`);

function toEntry(row: Record<string, unknown>): LibraryEntry {
  const document = SeriesDocument.parse(row["metadata"]);
  const booksRead = Number(row["booksRead"] ?? 0);
  const booksOwned = Number(row["booksOwned"]);
  const isRead = booksRead >= booksOwned;
  return LibraryEntry.parse({
    seriesId: row["id"],
    title: row["title"],
    alternateTitles: document.alternateTitles.map(({ title }) => title),
    ...defined({
      year: document.year,
      status: document.status,
      totalVolumeCount: document.totalVolumeCount,
      totalChapterCount: document.totalChapterCount,
      userRating: row["rating"],
      userNotes: row["notes"],
      startedAt: toIso(row["startedAt"]),
      lastReadAt: toIso(row["lastReadAt"]),
      completedAt: isRead ? toIso(row["completedAt"]) : undefined,
      readingStatus: readingStatus(row["lastReadAt"] !== null, isRead),
    }),
    genres: document.genres,
    tags: document.tags,
    externalIds: document.externalIds,
    booksRead,
    booksOwned,
    libraryId: row["libraryId"],
    libraryName: row["libraryName"],
  });
}

/** `completed`: every local book is read. Absent where nothing is. */
function readingStatus(isBegun: boolean, isRead: boolean): string | undefined {
  if (!isBegun) return undefined;
  return isRead ? "completed" : "reading";
}

function toIso(value: unknown): string | undefined {
  return value instanceof Date || typeof value === "string"
    ? new Date(value).toISOString()
    : undefined;
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}
