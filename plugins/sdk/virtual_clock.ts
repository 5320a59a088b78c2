/** A clock for tests: nobody waits, and every delay ends in its order. */
import type { Clock } from "./pacing.ts";

interface Sleeper {
  readonly wakeAt: number;
  wake(): void;
}

/**
 * Whenever everything that is due has run, time jumps to the end of the earliest delay. What goes over
 * real sockets takes no time on it.
 */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  delay(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", end);
        resolve();
      };
      const sleeper = { wakeAt: this.#now + delayMs, wake };
      signal.addEventListener("abort", end, { once: true });
      this.#sleepers.push(sleeper);
      setTimeout(() => this.#jump(), 0);
    });
  }

  #jump(): void {
    const [first] = this.#sleepers.toSorted((a, b) => a.wakeAt - b.wakeAt);
    if (first === undefined) return;
    this.#sleepers.splice(this.#sleepers.indexOf(first), 1);
    this.#now = Math.max(this.#now, first.wakeAt);
    first.wake();
  }
}
