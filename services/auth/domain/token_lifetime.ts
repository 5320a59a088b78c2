/** When a connection's token is renewed, and when an attempt that failed is made again. */

/**
 * A token is renewed this long before it ends: a ticket lives 5 minutes, and a call that began with
 * its last breath must still find the token good.
 */
export const REFRESH_MARGIN_MS = 360_000;

const RETRY_FIRST_MS = 5000;
const RETRY_MAX_MS = 600_000;

export interface TokenTimes {
  readonly expiresAt: Date | null;
  readonly refreshAt: Date | null;
}

/**
 * @param now milliseconds since 1970
 * @param expiresInSeconds undefined where the provider doesn't say: then nothing is due by itself
 */
export function tokenTimes(
  now: number,
  expiresInSeconds: number | undefined,
  refreshable: boolean,
): TokenTimes {
  if (expiresInSeconds === undefined) return { expiresAt: null, refreshAt: null };
  const lifetimeMs = expiresInSeconds * 1000;
  // Of a short life at least half is used.
  const marginMs = Math.min(REFRESH_MARGIN_MS, lifetimeMs / 2);
  return {
    expiresAt: new Date(now + lifetimeMs),
    refreshAt: refreshable ? new Date(now + lifetimeMs - marginMs) : null,
  };
}

/**
 * Milliseconds until the next attempt: doubling from 5 s to 10 minutes, or as long as the provider
 * asked for, at most an hour.
 *
 * @param failures those so far, the latest included
 */
export function refreshDelayMs(failures: number, retryAfterSeconds: number | undefined): number {
  const own = Math.min(RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1), RETRY_MAX_MS);
  return Math.min(Math.max(own, (retryAfterSeconds ?? 0) * 1000), 3_600_000);
}
