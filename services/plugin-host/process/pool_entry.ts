/** One process of the pool with its users: those whose call it works on, and those who wait for their turn. */
import { PLACE_WAIT_SECONDS_MAX } from "@codex/protocol";
import type { Clock } from "../rpc/clock.ts";
import { halfOf } from "../domain/fair_share.ts";
import { AbandonedError, RpcError, TransportError } from "../rpc/errors.ts";
import type { PluginProcess } from "./plugin_process.ts";
import { shareUsed, tooBusy } from "./pool_error.ts";
import type { ProcessSpec } from "./process_spec.ts";
import { CallSlots } from "./turns/call_slots.ts";
import { CALLS_MAX, type CallWindow } from "./turns/call_window.ts";

/** Calls that may use a process, with those that wait for a place. */
const USERS_MAX = CALLS_MAX + 256;
/** What a call has left, however long its process took to start. */
const TIMEOUT_MS_MIN = 1000;
/**
 * A call waits for its place for half its deadline, and no longer than this. The time is the
 * host's: the plugin has its whole deadline from when the call is sent, so that others' calls can't
 * make it miss that.
 */
const PLACE_WAIT_MS_MAX = PLACE_WAIT_SECONDS_MAX * 1000;

export interface UseOptions {
  /** Of the call with its process's start, from when it has a place. */
  readonly timeoutMs: number;
  /** Has at most half of the places; undefined for whoever has the process alone. */
  readonly holder?: string;
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
  /** By who they are for. */
  readonly #users = new Map<string | undefined, number>();
  #userCount = 0;
  #cancelIdle: (() => void) | undefined;

  /**
   * `start` resolves to the process once it is ready.
   *
   * @param window what is known of how many calls it takes at once
   */
  constructor(
    readonly spec: Spec,
    clock: Clock,
    readonly window: CallWindow,
    start: (entry: PoolEntry<Spec>) => Promise<PluginProcess>,
  ) {
    this.#clock = clock;
    this.#slots = new CallSlots(clock, () => this.window.size);
    this.lastUsedAt = clock.now();
    this.ready = start(this);
  }

  /** Whether the process was told to end, or has ended. */
  get isClosing(): boolean {
    return this.process?.isClosing ?? false;
  }

  /** Whether it is up with nothing to do. */
  get isIdle(): boolean {
    return this.#userCount === 0 && this.process !== undefined;
  }

  /**
   * Runs `run` when its turn has come.
   *
   * @throws {PoolError} if too many wait, or others kept the process busy until the deadline
   * @throws {TransportError} `cancelled` if the caller left before its turn; or of the start, or of `run`
   */
  async use<T>(
    run: (process: PluginProcess, timeoutMs: number) => Promise<T>,
    { timeoutMs, signal, holder }: UseOptions,
  ): Promise<T> {
    this.#enter(holder);
    const startedAt = this.#clock.now();
    try {
      const process = await this.ready;
      const leftMs = Math.max(TIMEOUT_MS_MIN, timeoutMs - (this.#clock.now() - startedAt));
      await this.#takeSlot(Math.min(leftMs, timeoutMs / 2, PLACE_WAIT_MS_MAX), holder, signal);
      return await this.#runInSlot(() => run(process, leftMs), timeoutMs, holder);
    } finally {
      this.#leave(holder);
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

  #enter(holder: string | undefined): void {
    const ofHolder = this.#users.get(holder) ?? 0;
    if (holder !== undefined && ofHolder >= halfOf(USERS_MAX)) {
      throw shareUsed(holder, "too many of these calls wait for it");
    }
    if (this.#userCount >= USERS_MAX) throw tooBusy("too many calls wait for it");
    this.#users.set(holder, ofHolder + 1);
    this.#userCount++;
    this.#cancelIdle?.();
  }

  #leave(holder: string | undefined): void {
    this.#userCount--;
    const left = (this.#users.get(holder) ?? 0) - 1;
    if (left > 0) this.#users.set(holder, left);
    else this.#users.delete(holder);
  }

  async #takeSlot(
    waitMsMax: number,
    holder: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const outcome = await this.#slots.take(holder, waitMsMax, signal);
    if (outcome === "cancelled") throw new TransportError("cancelled", "The caller left");
    if (outcome === "taken") return;
    const seconds = Math.ceil(waitMsMax / 1000);
    throw holder !== undefined && this.#slots.isAtShare(holder)
      ? shareUsed(holder, `no call of these ended within ${seconds} s`)
      : tooBusy(`other calls kept it so for ${seconds} s`);
  }

  /** A call that was given up keeps its place while the process may still work on it. */
  async #runInSlot<T>(
    run: () => Promise<T>,
    timeoutMs: number,
    holder: string | undefined,
  ): Promise<T> {
    const sentAt = this.#clock.now();
    let workedOff: Promise<void> | undefined;
    // What was given up before may be answered beside a call that is sent alone: no excuse.
    const isExcusable = this.window.size > 1;
    this.window.sent(this.#slots.taken);
    try {
      const result = await run();
      this.#noteAnswer(sentAt, timeoutMs);
      return result;
    } catch (error) {
      if (error instanceof RpcError) this.#noteAnswer(sentAt, timeoutMs);
      if (error instanceof AbandonedError) {
        workedOff = error.call.workedOff;
        const isOverload = error.kind === "timeout" && error.call.wasBusy;
        if (isOverload && !isExcusable) throw unexcused(error);
        if (isOverload) this.window.overloaded(sentAt, this.#clock.now());
      }
      throw error;
    } finally {
      if (workedOff === undefined) this.#slots.release(holder);
      else workedOff.then(() => this.#slots.release(holder));
    }
  }

  /** The place that the answer frees is given away after this. */
  #noteAnswer(sentAt: number, timeoutMs: number): void {
    const now = this.#clock.now();
    this.window.answered(now - sentAt, timeoutMs, this.#slots.isWanted, now);
  }
}

/** The same error, which counts. */
function unexcused({ kind, message, call }: AbandonedError): AbandonedError {
  return new AbandonedError(kind, message, { ...call, wasBusy: false });
}
