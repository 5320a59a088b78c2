/** What readers keep: progress and ratings. */
import { and, eq, sql } from "drizzle-orm";
import type { BookId, BookProgress, SeriesId, StoredRating, UserId } from "@codex/protocol";
import type { z } from "zod";
import { type Executor, schema } from "./database.ts";

const { bookProgress, seriesRatings } = schema;

type ProgressRow = typeof bookProgress.$inferSelect;
export type Rating = z.infer<typeof StoredRating>;

export function toProgress(row: ProgressRow): BookProgress {
  const { currentPage, progressPercentage, completed, startedAt, completedAt } = row;
  return {
    ...(currentPage !== null && { currentPage }),
    ...(progressPercentage !== null && { progressPercentage }),
    completed,
    ...(startedAt !== null && { startedAt: startedAt.toISOString() }),
    ...(completedAt !== null && { completedAt: completedAt.toISOString() }),
    updatedAt: row.updatedAt.toISOString(),
  };
}

export async function findProgress(
  db: Executor,
  userId: UserId,
  bookId: BookId,
): Promise<BookProgress | undefined> {
  const [row] = await db.select().from(bookProgress).where(ofReader(userId, bookId));
  return row && toProgress(row);
}

/**
 * Keeps one reader's progress in one book to this transaction, also while there is none yet. The lock
 * that is shared keeps out whatever writes in many books at once.
 */
export async function lockProgress(tx: Executor, userId: UserId, bookId: BookId): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock_shared(hashtextextended(${`reader ${userId}`}, 0)),
      pg_advisory_xact_lock(hashtextextended(${`progress ${userId} ${bookId}`}, 0))`);
}

export async function saveProgress(
  tx: Executor,
  userId: UserId,
  bookId: BookId,
  progress: BookProgress,
): Promise<void> {
  const values = {
    currentPage: progress.currentPage ?? null,
    progressPercentage: progress.progressPercentage ?? null,
    completed: progress.completed,
    startedAt: toDate(progress.startedAt),
    completedAt: toDate(progress.completedAt),
    updatedAt: new Date(progress.updatedAt),
  };
  await tx.insert(bookProgress).values({ userId, bookId, ...values })
    .onConflictDoUpdate({ target: [bookProgress.userId, bookProgress.bookId], set: values });
}

export async function deleteProgress(db: Executor, userId: UserId, bookId: BookId): Promise<void> {
  await db.delete(bookProgress).where(ofReader(userId, bookId));
}

export async function findRating(
  db: Executor,
  userId: UserId,
  seriesId: SeriesId,
): Promise<Rating | undefined> {
  const [row] = await db.select().from(seriesRatings).where(ofRater(userId, seriesId));
  if (row === undefined) return undefined;
  const { rating, notes, updatedAt } = row;
  return { rating, ...(notes !== null && { notes }), updatedAt: updatedAt.toISOString() };
}

export async function saveRating(
  db: Executor,
  userId: UserId,
  seriesId: SeriesId,
  rating: Rating,
): Promise<void> {
  const values = {
    rating: rating.rating,
    notes: rating.notes ?? null,
    updatedAt: new Date(rating.updatedAt),
  };
  await db.insert(seriesRatings).values({ userId, seriesId, ...values })
    .onConflictDoUpdate({ target: [seriesRatings.userId, seriesRatings.seriesId], set: values });
}

export async function deleteRating(
  db: Executor,
  userId: UserId,
  seriesId: SeriesId,
): Promise<void> {
  await db.delete(seriesRatings).where(ofRater(userId, seriesId));
}

function ofReader(userId: UserId, bookId: BookId) {
  return and(eq(bookProgress.userId, userId), eq(bookProgress.bookId, bookId));
}

function ofRater(userId: UserId, seriesId: SeriesId) {
  return and(eq(seriesRatings.userId, userId), eq(seriesRatings.seriesId, seriesId));
}

function toDate(instant: string | undefined): Date | null {
  return instant === undefined ? null : new Date(instant);
}
