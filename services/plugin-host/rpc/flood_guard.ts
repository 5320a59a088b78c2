import type { Clock } from "./clock.ts";

/** Unasked messages a second that are read at full speed. Far above what any working plugin sends. */
const REFILL_PER_SECOND = 1000;
const BURST = 2000;

/**
 * Slows down the reading of a plugin that floods its output with things nobody asked for, so that
 * it blocks on its own pipe instead of taking the host's time. Replies to calls cost nothing.
 */
export class FloodGuard {
  readonly #clock: Clock;
  #credit = BURST;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  charge(units: number): void {
    this.#credit -= units;
  }

  /**
   * Milliseconds to wait before reading on; 0 nearly always.
   *
   * @param floods how many plugins flood the host: together they get what one would
   */
  pauseMs(floods = 1): number {
    if (this.#credit >= 0) return 0;
    const now = this.#clock.now();
    const refillPerMs = REFILL_PER_SECOND / 1000 / floods;
    this.#credit = Math.min(BURST, this.#credit + (now - this.#at) * refillPerMs);
    this.#at = now;
    return this.#credit >= 0 ? 0 : Math.ceil(-this.#credit / refillPerMs);
  }
}

/** The plugins that flood one host at the moment. */
export class Floods {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts one while its reading waits. */
  async during(pause: Promise<void>): Promise<void> {
    this.#count++;
    await pause;
    this.#count--;
  }
}
