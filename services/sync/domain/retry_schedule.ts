/** When something is tried again, and when no longer by itself. */

/** Failed attempts of one entry after which it waits for the reader. */
export const ENTRY_ATTEMPTS_MAX = 5;
const ENTRY_FIRST_WAIT_MS = 5 * 60_000;
const ENTRY_WAIT_FACTOR = 4;

/**
 * When an entry is sent again after its `attempts`-th failure: after 5, 20, 80 and 320 minutes.
 *
 * @returns null once it waits for the reader
 */
export function nextEntryAttempt(attempts: number, now: Date): Date | null {
  if (attempts >= ENTRY_ATTEMPTS_MAX) return null;
  return new Date(now.getTime() + ENTRY_FIRST_WAIT_MS * ENTRY_WAIT_FACTOR ** (attempts - 1));
}

/** Stops of a run at the same place, after which it fails. */
export const STALLS_MAX = 8;
const STALL_FIRST_WAIT_MS = 1000;
const STALL_WAIT_MAX_MS = 5 * 60_000;

/** How long a run waits after its `stalls`-th stop at the same place: 1 s, doubled up to 5 minutes. */
export function stallWaitMs(stalls: number): number {
  return Math.min(STALL_WAIT_MAX_MS, STALL_FIRST_WAIT_MS * 2 ** Math.max(0, stalls - 1));
}

const FAILED_RUN_WAIT_MS = 3_600_000;

/** When entries that had failed before are sent again after a run that failed as a whole. */
export function afterFailedRun(now: Date): Date {
  return new Date(now.getTime() + FAILED_RUN_WAIT_MS);
}
