/** How many requests of nobody known each address may make in a while. */

export interface AllowanceOptions {
  /** Requests at once, of an address that made none for a while. */
  readonly burst?: number;
  /** Requests a second, from then on. */
  readonly perSecond?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

export type Allowed =
  | { readonly ok: true }
  | { readonly ok: false; readonly retryAfterSeconds: number };

/** A browser that loads every page of an office's screens at once stays far below it. */
export const BURST = 1000;
/** A few percent of what one process answers. */
export const PER_SECOND = 100;
/** Refusals that an address gets an answer for; beyond them it isn't listened to. */
export const REFUSALS_MAX = 100;
/** Addresses that are remembered, those that came last: a megabyte or so. */
export const GROUPS_MAX = 10_000;

/**
 * A bucket of tokens for each group of addresses. Of a bucket it keeps one number: the time at
 * which it will be full again, as long as that is to come (the generic cell rate algorithm, ITU-T
 * I.371).
 */
export class RequestAllowance {
  /** In the order in which they were last used. */
  readonly #fullAt = new Map<string, number>();
  readonly #now: () => number;
  readonly #costMs: number;
  readonly #burstMs: number;
  readonly #debtMs: number;

  constructor({ burst = BURST, perSecond = PER_SECOND, now }: AllowanceOptions) {
    this.#now = now;
    this.#costMs = 1000 / perSecond;
    this.#burstMs = burst * this.#costMs;
    this.#debtMs = REFUSALS_MAX * this.#costMs;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * Counts a request. One that is refused counts too, since it has to be answered.
   *
   * @param amount what it costs, in plain requests
   */
  take(group: string, amount = 1): Allowed {
    const now = this.#now();
    const used = Math.max(now, this.#fullAt.get(group) ?? 0);
    const fullAt = used + amount * this.#costMs;
    const beyondMs = fullAt - now - this.#burstMs;
    if (beyondMs <= 0) {
      this.#keep(group, fullAt);
      return { ok: true };
    }
    this.#keep(group, Math.min(used + this.#costMs, now + this.#burstMs + this.#debtMs));
    return { ok: false, retryAfterSeconds: Math.ceil(beyondMs / 1000) };
  }

  /** Takes back the count of a request whose sender turned out to be known. */
  refund(group: string): void {
    const fullAt = this.#fullAt.get(group);
    if (fullAt === undefined) return;
    if (fullAt - this.#costMs <= this.#now()) this.#fullAt.delete(group);
    else this.#fullAt.set(group, fullAt - this.#costMs);
  }

  /** Whether the group went on in spite of all refusals that it may have. */
  isShutOut(group: string): boolean {
    const fullAt = this.#fullAt.get(group) ?? 0;
    return fullAt - this.#now() > this.#burstMs + this.#debtMs - this.#costMs;
  }

  #keep(group: string, fullAt: number): void {
    this.#fullAt.delete(group);
    this.#fullAt.set(group, fullAt);
    if (this.#fullAt.size <= GROUPS_MAX) return;
    for (const [oldest] of this.#fullAt) {
      this.#fullAt.delete(oldest);
      break;
    }
  }
}
