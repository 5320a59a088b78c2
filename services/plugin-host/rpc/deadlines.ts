import type { Clock } from "./clock.ts";

/**
 * One timer for the deadlines of all calls of a connection. Most calls end long before theirs, so
 * a timer for each would cost more than the rest of the call.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onDue: (now: number) => void;
  #armedFor = Infinity;
  #cancel: (() => void) | undefined;

  /** `onDue` handles what is due and arms again for the earliest of the rest. */
  constructor(clock: Clock, onDue: (now: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Makes sure that `onDue` runs no later than `at` of the clock. */
  arm(at: number): void {
    if (at >= this.#armedFor) return;
    this.#cancel?.();
    this.#armedFor = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
  }

  #fire(): void {
    const due = this.#armedFor;
    this.#cancel = undefined;
    this.#armedFor = Infinity;
    // Timers may fire a fraction early by the clock; what was armed for is due all the same.
    this.#onDue(Math.max(due, this.#clock.now()));
  }
}
