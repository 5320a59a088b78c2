/** How far a reader is in a book. */
import type { BookProgress, NewProgress } from "@codex/protocol";
import type { z } from "zod";

/**
 * Progress after a reader's report.
 *
 * A report of a position replaces the former position whole: a page and a percentage from different
 * times would contradict each other. A book that was completed stays so until the reader says otherwise,
 * and is completed by reaching its end.
 *
 * @param pageCount of the book, where known
 * @param at the time of the report, ISO 8601
 */
export function nextProgress(
  previous: BookProgress | undefined,
  report: z.infer<typeof NewProgress>,
  pageCount: number | undefined,
  at: string,
): BookProgress {
  const moves = report.currentPage !== undefined || report.progressPercentage !== undefined;
  const { currentPage, progressPercentage } = moves ? report : previous ?? {};
  const completed = report.completed ??
    (previous?.completed || isAtEnd(currentPage, progressPercentage, pageCount));
  const completedAt = completed ? (previous?.completed ? previous.completedAt : at) : undefined;
  return {
    ...(currentPage !== undefined && { currentPage }),
    ...(progressPercentage !== undefined && { progressPercentage }),
    completed,
    startedAt: previous?.startedAt ?? at,
    ...(completedAt !== undefined && { completedAt }),
    updatedAt: at,
  };
}

function isAtEnd(
  currentPage: number | undefined,
  progressPercentage: number | undefined,
  pageCount: number | undefined,
): boolean {
  if (progressPercentage !== undefined) return progressPercentage >= 100;
  return pageCount !== undefined && pageCount > 0 && (currentPage ?? 0) >= pageCount;
}
