import type { Clock } from "../rpc/clock.ts";

const DELAY_MS_FIRST = 1000;
const DELAY_MS_MAX = 60_000;

interface Failures {
  readonly pluginId: string;
  readonly revision: string;
  readonly count: number;
  readonly until: number;
}

/**
 * When a process that keeps ending may be started again. The first failure delays nothing, so that a single crash costs
 * one call; every further one without success between doubles the wait, from 1 s to 60 s.
 */
export class Backoff {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(spec: { readonly key: string; readonly pluginId: string; readonly revision: string }): void {
    const { key, pluginId, revision } = spec;
    const before = this.#failures.get(key);
    const count = before?.revision === revision ? before.count + 1 : 1;
    const delayMs = count === 1 ? 0 : Math.min(DELAY_MS_MAX, DELAY_MS_FIRST * 2 ** (count - 2));
    this.#failures.set(key, { pluginId, revision, count, until: this.#clock.now() + delayMs });
  }

  /** A call went well. */
  clear(key: string): void {
    this.#failures.delete(key);
  }

  /** The plugin was changed, reset or deleted. */
  clearPlugin(pluginId: string): void {
    for (const [key, failures] of this.#failures) {
      if (failures.pluginId === pluginId) this.#failures.delete(key);
    }
  }

  /** Milliseconds until a start may be tried; another revision may be tried at once. */
  waitMs(key: string, revision: string): number {
    const failures = this.#failures.get(key);
    if (failures === undefined || failures.revision !== revision) return 0;
    return Math.max(0, failures.until - this.#clock.now());
  }

  isWaiting(pluginId: string): boolean {
    const now = this.#clock.now();
    return [...this.#failures.values()].some((it) => it.pluginId === pluginId && it.until > now);
  }
}
