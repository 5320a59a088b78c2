/** One process of the pool with its users: those whose call it works on, and those who wait for their turn. */
import type { Clock } from "../rpc/clock.ts";
import { TransportError } from "../rpc/errors.ts";
import { CallSlots } from "./call_slots.ts";
import type { PluginProcess } from "./plugin_process.ts";
import { tooBusy } from "./pool_error.ts";
import type { ProcessSpec } from "./process_spec.ts";

/** Calls that one process works on at a time, and those that may wait for it. */
const CALLS_MAX = 32;
const WAITING_MAX = 256;
/** What a call has left, however long its process took to start. */
const TIMEOUT_MS_MIN = 1000;

export interface UseOptions {
  /** Of the call with all that it waits for. */
  readonly timeoutMs: number;
  /** Aborted when the caller leaves. */
  readonly signal?: AbortSignal;
}

export class PoolEntry<Spec extends ProcessSpec> {
  /** Aborted when the process, or the attempt to start it, is to end at once. */
  readonly abort = new AbortController();
  readonly ready: Promise<PluginProcess>;
  /** Undefined until it is ready. */
  process: PluginProcess | undefined;
  lastUsedAt: number;
  /** Takes no new users; stops when the last one is done. */
  isRetired = false;
  isCrashNoted = false;
  readonly #clock: Clock;
  readonly #slots: CallSlots;
  #users = 0;
  #cancelIdle: (() => void) | undefined;

  /** `start` resolves to the process once it is ready. */
  constructor(
    readonly spec: Spec,
    clock: Clock,
    start: (entry: PoolEntry<Spec>) => Promise<PluginProcess>,
  ) {
    this.#clock = clock;
    this.#slots = new CallSlots(clock, CALLS_MAX);
    this.lastUsedAt = clock.now();
    this.ready = start(this);
  }

  /** Whether the process was told to end, or has ended. */
  get isClosing(): boolean {
    return this.process?.isClosing ?? false;
  }

  /** Whether it is up with nothing to do. */
  get isIdle(): boolean {
    return this.#users === 0 && this.process !== undefined;
  }

  /**
   * Runs `run` when its turn has come.
   *
   * @throws {PoolError} if too many wait, or others kept the process busy until the deadline
   * @throws {TransportError} `cancelled` if the caller left before its turn; or of the start, or of `run`
   */
  async use<T>(
    run: (process: PluginProcess, timeoutMs: number) => Promise<T>,
    { timeoutMs, signal }: UseOptions,
  ): Promise<T> {
    if (this.#users >= CALLS_MAX + WAITING_MAX) throw tooBusy("too many calls wait for it");
    const deadline = this.#clock.now() + timeoutMs;
    const left = () => Math.max(TIMEOUT_MS_MIN, deadline - this.#clock.now());
    this.#users++;
    this.#cancelIdle?.();
    try {
      const process = await this.ready;
      await this.#takeSlot(left(), signal);
      try {
        return await run(process, left());
      } finally {
        this.#slots.release();
      }
    } finally {
      this.#users--;
    }
  }

  /** Notes that a user is done; `onIdle` follows when nobody comes for so long. */
  rest(idleMs: number, onIdle: () => void): void {
    this.lastUsedAt = this.#clock.now();
    if (!this.isIdle || this.isClosing) return;
    this.#cancelIdle?.();
    if (this.isRetired) onIdle();
    else this.#cancelIdle = this.#clock.after(idleMs, onIdle);
  }

  /** Out of the pool: nothing is to come of it by itself. */
  detach(): void {
    this.#cancelIdle?.();
  }

  async #takeSlot(waitMsMax: number, signal: AbortSignal | undefined): Promise<void> {
    const outcome = await this.#slots.take(waitMsMax, signal);
    if (outcome === "timeout") throw tooBusy("other calls kept it busy until the deadline");
    if (outcome === "cancelled") throw new TransportError("cancelled", "The caller left");
  }
}
