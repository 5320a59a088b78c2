/** How many entries go into one call of a plugin: as many as it answers well within its deadline. */

export const BATCH_SIZE_FIRST = 100;
export const BATCH_SIZE_MAX = 500;

/** A plugin that needs more of its deadline than this gets less to do, one that needs far less gets more. */
const SLOW_SHARE = 0.5;
const QUICK_SHARE = 0.2;

/** What the last call says about the next. */
export interface BatchOutcome {
  /** Entries that were sent. */
  readonly sent: number;
  /** Entries that the plugin came to; the rest it gave back unsent. */
  readonly handled: number;
  readonly elapsedMs: number;
  readonly deadlineMs: number;
}

/** @param size what was allowed for this call */
export function nextBatchSize(size: number, outcome: BatchOutcome): number {
  const { sent, handled, elapsedMs, deadlineMs } = outcome;
  if (handled < sent) return Math.max(1, handled);
  const share = elapsedMs / deadlineMs;
  if (share > SLOW_SHARE) return Math.max(1, Math.floor(sent / 2));
  // A small batch says nothing about a large one.
  if (share < QUICK_SHARE && sent >= size) return Math.min(BATCH_SIZE_MAX, size * 2);
  return size;
}

/** After a call that failed as a whole: smaller, so that in the end one entry stands alone. */
export function smallerBatchSize(sent: number): number {
  return Math.max(1, Math.floor(sent / 2));
}
