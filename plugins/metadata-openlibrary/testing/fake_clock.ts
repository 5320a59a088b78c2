/** Time that stands still until a test moves it. */
import type { Clock } from "@codex/plugin-sdk/pacing";

interface Sleeper {
  readonly wakeAt: number;
  wake(): void;
}

export class FakeClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  delay(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const sleeper = { wakeAt: this.#now + delayMs, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Wakes who is due, in order, each at its time, with what follows from it in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const due = [...this.#sleepers].filter(({ wakeAt }) => wakeAt <= end);
      const [next] = due.sort((a, b) => a.wakeAt - b.wakeAt);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.wakeAt);
      next.wake();
    }
    this.#now = end;
  }
}

/** Lets promises that are due run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
