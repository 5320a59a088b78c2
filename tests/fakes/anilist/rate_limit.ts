/** AniList's limit of requests: so many in each window of a minute. */

export interface RateDecision {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const WINDOW_MS = 60_000;

export class RateLimit {
  #windowStart = -Infinity;
  #used = 0;

  /** @param nowMs wall clock */
  constructor(public limitPerMinute: number, private readonly nowMs: () => number) {}

  take(): RateDecision {
    const now = this.nowMs();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#used = 0;
    }
    this.#used++;
    const limit = String(this.limitPerMinute);
    const remaining = this.limitPerMinute - this.#used;
    if (remaining >= 0) {
      return {
        allowed: true,
        headers: { "x-ratelimit-limit": limit, "x-ratelimit-remaining": String(remaining) },
      };
    }
    const resetMs = this.#windowStart + WINDOW_MS;
    return {
      allowed: false,
      headers: {
        "x-ratelimit-limit": limit,
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil(resetMs / 1000)),
        "retry-after": String(Math.ceil((resetMs - now) / 1000)),
      },
    };
  }
}
