/** Paces requests to a public service, and stops them while it asks for a pause. */
import { RateLimitedError } from "@codex/plugin-sdk";

/** Time as the queue needs it; tests bring their own. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Runs `action` after `delayMs`; the result cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A call that would wait longer for its turn is refused at once: the host gives up after 30 s. */
const QUEUE_WAIT_MS_MAX = 20_000;
/** A longer pause is the host's to wait for. */
const PAUSE_WAIT_MS_MAX = 5_000;

interface Waiter {
  go(): void;
  refuse(error: Error): void;
}

export class RequestQueue {
  readonly #intervalMs: number;
  readonly #waiters: Waiter[] = [];
  /** When the next request may leave. */
  #nextAt = 0;
  #pausedUntil = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(requestsPerSecond: number, private readonly clock: Clock) {
    this.#intervalMs = 1000 / requestsPerSecond;
  }

  /**
   * Resolves when the next request may leave, in the order of calls.
   *
   * @throws {RateLimitedError} the turn is too far away; its `retryAfterSeconds` says how far
   * @throws the signal's reason when the call is given up
   */
  turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const refusal = this.#refusal(this.#waiters.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#schedule();
        reject(signal.reason);
      };
      const settle = (action: () => void) => {
        signal.removeEventListener("abort", onAbort);
        action();
      };
      const waiter: Waiter = {
        go: () => settle(resolve),
        refuse: (error) => settle(() => reject(error)),
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.push(waiter);
      this.#schedule();
    });
  }

  /** Lets nothing leave for `seconds`, and refuses those for whom that is too long. */
  pause(seconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.clock.now() + seconds * 1000);
    this.#nextAt = Math.max(this.#nextAt, this.#pausedUntil);
    const kept = this.#waiters.splice(0).filter((waiter, index) => {
      const refusal = this.#refusal(index);
      if (refusal !== undefined) waiter.refuse(refusal);
      return refusal === undefined;
    });
    this.#waiters.push(...kept);
    this.#schedule();
  }

  /** Why somebody with so many before them can't wait. */
  #refusal(waitersBefore: number): RateLimitedError | undefined {
    const now = this.clock.now();
    if (this.#pausedUntil - now > PAUSE_WAIT_MS_MAX) {
      const seconds = Math.ceil((this.#pausedUntil - now) / 1000);
      return new RateLimitedError(seconds, "Open Library asked for a pause");
    }
    const waitMs = Math.max(0, this.#nextAt - now) + waitersBefore * this.#intervalMs;
    if (waitMs <= QUEUE_WAIT_MS_MAX) return undefined;
    return new RateLimitedError(
      Math.ceil(waitMs / 1000),
      "Too many requests wait for Open Library",
    );
  }

  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#waiters.length === 0) return;
    const waitMs = this.#nextAt - this.clock.now();
    if (waitMs <= 0) return this.#release();
    this.#cancelTimer = this.clock.after(waitMs, () => this.#release());
  }

  #release(): void {
    this.#cancelTimer = undefined;
    this.#nextAt = Math.max(this.clock.now(), this.#nextAt) + this.#intervalMs;
    this.#waiters.shift()?.go();
    this.#schedule();
  }
}
