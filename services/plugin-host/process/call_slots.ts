import type { Clock } from "../rpc/clock.ts";

interface Waiting {
  readonly wake: () => void;
}

/** How a wait for a place ended. */
export type SlotOutcome = "taken" | "timeout" | "cancelled";

/** Places for the calls that one process works on at a time; who finds none waits in turn. */
export class CallSlots {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #free: number;

  constructor(clock: Clock, count: number) {
    this.#clock = clock;
    this.#free = count;
  }

  /** Whoever took a place must release it. */
  take(waitMsMax: number, signal?: AbortSignal): Promise<SlotOutcome> {
    if (signal?.aborted) return Promise.resolve("cancelled");
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve("taken");
    }
    return new Promise((resolve) => {
      const end = (outcome: SlotOutcome) => {
        this.#waiting.delete(waiting);
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        resolve(outcome);
      };
      const onAbort = () => end("cancelled");
      const cancelTimer = this.#clock.after(waitMsMax, () => end("timeout"));
      const waiting = { wake: () => end("taken") };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next.wake();
  }
}
