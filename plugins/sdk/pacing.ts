/**
 * Keeps a plugin's requests within what an outside service allows.
 *
 * @module
 */
import { RateLimitedError } from "./errors.ts";

/** Time as pacing needs it; tests bring their own. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Rejects with the signal's reason when that fires first. */
  delay(delayMs: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => performance.now(), delay };

export interface TurnOptions {
  readonly signal: AbortSignal;
  /** A turn that would come later, on the pacer's clock, is refused at once. Default: never. */
  readonly latestAt?: number;
}

/** Gives out turns, in the order of calls and evenly spaced: bursts are what services punish first. */
export class Pacer {
  readonly clock: Clock;
  readonly #service: string;
  #intervalMs: number;
  #lastAt = -Infinity;
  #heldUntil = -Infinity;
  #waiting = 0;
  /** Settles when everybody before has had their turn. */
  #queue: Promise<void> = Promise.resolve();

  /** @param service how messages call it */
  constructor(service: string, requestsPerMinute: number, clock: Clock = systemClock) {
    this.clock = clock;
    this.#service = service;
    this.#intervalMs = 60_000 / requestsPerMinute;
  }

  /** What the service says it allows, from now on. */
  setRate(requestsPerMinute: number): void {
    this.#intervalMs = 60_000 / requestsPerMinute;
  }

  /** Gives out no turn before `instant`: the service asked for a pause. */
  holdUntil(instant: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, instant);
  }

  /**
   * Resolves when the next request may leave.
   *
   * @throws {RateLimitedError} the turn would come after `latestAt`; says when to come again
   * @throws the signal's reason when that fires first
   */
  async turn({ signal, latestAt = Infinity }: TurnOptions): Promise<void> {
    signal.throwIfAborted();
    const firstAt = Math.max(this.#nextAt(), this.clock.now());
    this.#refuseLate(firstAt + this.#waiting * this.#intervalMs, latestAt);
    const before = this.#queue;
    let passOn = () => {};
    this.#queue = new Promise((resolve) => passOn = resolve);
    this.#waiting++;
    try {
      await untilAborted(before, signal);
      await this.#untilNext(signal, latestAt);
      this.#lastAt = this.clock.now();
    } finally {
      this.#waiting--;
      // Who leaves early must not let the next one overtake those before.
      before.then(passOn);
    }
  }

  /** A pause may begin during the wait. */
  async #untilNext(signal: AbortSignal, latestAt: number): Promise<void> {
    for (;;) {
      const nextAt = this.#nextAt();
      const waitMs = nextAt - this.clock.now();
      if (waitMs <= 0) return;
      this.#refuseLate(nextAt, latestAt);
      await this.clock.delay(waitMs, signal);
    }
  }

  #nextAt(): number {
    return Math.max(this.#lastAt + this.#intervalMs, this.#heldUntil);
  }

  /** A turn that is there already is never too late. */
  #refuseLate(turnAt: number, latestAt: number): void {
    const waitMs = turnAt - this.clock.now();
    if (waitMs <= 0 || turnAt <= latestAt) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new RateLimitedError(seconds, `${this.#service} allows no request for ${seconds} s`);
  }
}

/** Waits; rejects with the signal's reason when that fires first. */
export function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", end, { once: true });
  });
}

/**
 * Seconds of a Retry-After header, which may also be a date (RFC 9110, 10.2.3); undefined when missing
 * or odd.
 *
 * @param now for the form with a date, which the service's clock made
 */
export function readRetryAfter(headers: Headers, now = new Date()): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,6}$/.test(value)) return Number(value);
  const instant = Date.parse(value);
  if (Number.isNaN(instant)) return undefined;
  return Math.max(0, Math.ceil((instant - now.getTime()) / 1000));
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
