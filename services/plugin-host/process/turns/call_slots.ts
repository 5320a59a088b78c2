import { halfOf } from "../../domain/fair_share.ts";
import type { Clock } from "../../rpc/clock.ts";

interface Waiting {
  readonly wake: () => void;
}

/** How a wait for a place ended. */
export type SlotOutcome = "taken" | "timeout" | "cancelled";

/** A user of a process that has many; undefined for whoever has one alone. */
export type SlotHolder = string | undefined;

/**
 * Places for the calls that one process works on at a time. Each holder has at most half of them;
 * those who find none wait, and holders get the next ones by turns, whoever has more calls.
 */
export class CallSlots {
  readonly #clock: Clock;
  readonly #size: () => number;
  /** In the order of their turns. */
  readonly #waiting = new Map<SlotHolder, Set<Waiting>>();
  readonly #held = new Map<SlotHolder, number>();
  #taken = 0;

  /** @param size asked at each turn; after it grew, {@linkcode fill} is called */
  constructor(clock: Clock, size: () => number) {
    this.#clock = clock;
    this.#size = size;
  }

  get taken(): number {
    return this.#taken;
  }

  get isWanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether a holder has all places that it may have. */
  isAtShare(holder: SlotHolder): boolean {
    const share = holder === undefined ? this.#size() : halfOf(this.#size());
    return (this.#held.get(holder) ?? 0) >= share;
  }

  /** Whoever took a place must release it. */
  take(holder: SlotHolder, waitMsMax: number, signal?: AbortSignal): Promise<SlotOutcome> {
    if (signal?.aborted) return Promise.resolve("cancelled");
    if (this.#taken < this.#size() && !this.isAtShare(holder)) {
      this.#hold(holder);
      return Promise.resolve("taken");
    }
    return new Promise((resolve) => {
      const end = (outcome: SlotOutcome) => {
        this.#leave(holder, waiting);
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        resolve(outcome);
      };
      const onAbort = () => end("cancelled");
      const cancelTimer = this.#clock.after(waitMsMax, () => end("timeout"));
      const waiting = { wake: () => end("taken") };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#enter(holder, waiting);
    });
  }

  release(holder: SlotHolder): void {
    this.#taken--;
    const left = (this.#held.get(holder) ?? 0) - 1;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
    this.fill();
  }

  /** Gives free places to those who wait. */
  fill(): void {
    while (this.#taken < this.#size()) {
      const turn = this.#nextTurn();
      if (turn === undefined) return;
      this.#hold(turn.holder);
      turn.next.wake();
      this.#moveBack(turn.holder);
    }
  }

  #nextTurn(): { readonly holder: SlotHolder; readonly next: Waiting } | undefined {
    for (const [holder, [next]] of this.#waiting) {
      if (next !== undefined && !this.isAtShare(holder)) return { holder, next };
    }
    return undefined;
  }

  #hold(holder: SlotHolder): void {
    this.#taken++;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + 1);
  }

  #enter(holder: SlotHolder, waiting: Waiting): void {
    const group = this.#waiting.get(holder) ?? new Set();
    group.add(waiting);
    this.#waiting.set(holder, group);
  }

  #leave(holder: SlotHolder, waiting: Waiting): void {
    const group = this.#waiting.get(holder);
    group?.delete(waiting);
    if (group?.size === 0) this.#waiting.delete(holder);
  }

  #moveBack(holder: SlotHolder): void {
    const group = this.#waiting.get(holder);
    if (group === undefined) return;
    this.#waiting.delete(holder);
    this.#waiting.set(holder, group);
  }
}
