/** How long a session lives, and what counts as a fresh authentication. */

const HOUR_MS = 3_600_000;

/** A session ends this long after its sign-in, whatever is done with it. */
export const SESSION_LIFETIME_MS = 30 * 24 * HOUR_MS;
/** A session ends when it was not used for this long. */
export const SESSION_IDLE_MS = 7 * 24 * HOUR_MS;
/** A password counts as just entered for this long (security.md: "Adding a plugin by command"). */
export const FRESH_MS = HOUR_MS / 4;
/** `lastUsedAt` is written no more often than this: most requests then write nothing. */
export const TOUCH_INTERVAL_MS = 60_000;

export interface SessionTimes {
  readonly authenticatedAt: Date;
  readonly lastUsedAt: Date;
}

/** The bounds that sessions which still count lie within, at `now` (ms since 1970). */
export function sessionLimits(now: number): { now: Date; idleSince: Date } {
  return { now: new Date(now), idleSince: new Date(now - SESSION_IDLE_MS) };
}

export function isFresh(session: SessionTimes, now: number): boolean {
  return now - session.authenticatedAt.getTime() < FRESH_MS;
}

/** Whether the use of a session or token at `now` is worth writing down. */
export function isTouchDue(lastUsedAt: Date | null, now: number): boolean {
  return lastUsedAt === null || now - lastUsedAt.getTime() >= TOUCH_INTERVAL_MS;
}
