/**
 * The live processes of this replica (architecture.md "State, replicas and scale"). They are a cache: anything here
 * may end at any moment and be started again.
 */
import { REQUEST_TIMEOUT_SECONDS_DEFAULT } from "@codex/protocol";
import { type Clock, systemClock } from "../rpc/clock.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { Backoff } from "./backoff.ts";
import { CallSlots } from "./call_slots.ts";
import type { PluginProcess, ProcessEnd } from "./plugin_process.ts";
import { backingOff, tooBusy, withoutRoom } from "./pool_error.ts";

/** One process that may be wanted: of a plugin, or of one connection to it. */
export interface ProcessSpec {
  /** Names the process: two specs with the same key share one. */
  readonly key: string;
  readonly pluginId: string;
  /** Of everything the process is started with; another means another process. */
  readonly revision: string;
  /**
   * Grows with what this one process is started with, such as the token of its connection; 0 unless given. A caller that
   * knows of an older one uses the process of a newer one.
   */
  readonly generation?: number;
  /** Spawns and initializes; `signal` ends an attempt that is no longer wanted. */
  start(signal: AbortSignal): Promise<PluginProcess>;
}

export interface PoolOptions<Spec> {
  /** Live processes at most. */
  readonly processesMax: number;
  /** A process that nothing used for so long is stopped. */
  readonly idleMs: number;
  /** Told of a process that ended by itself while nothing was asked of it: else its callers know. Must not throw. */
  readonly onCrash?: (spec: Spec, end: ProcessEnd) => void;
  readonly clock?: Clock;
}

export type RunState = "stopped" | "starting" | "running" | "backing_off";

interface Entry<Spec> {
  readonly spec: Spec;
  readonly abort: AbortController;
  readonly ready: Promise<PluginProcess>;
  readonly slots: CallSlots;
  process: PluginProcess | undefined;
  /** Calls that run or wait. */
  users: number;
  lastUsedAt: number;
  cancelIdle: (() => void) | undefined;
  /** Takes no new users; stops when the last one is done. */
  retired: boolean;
  isCrashNoted: boolean;
}

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

export class ProcessPool<Spec extends ProcessSpec = ProcessSpec> {
  readonly #options: PoolOptions<Spec>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #entries = new Map<string, Entry<Spec>>();
  readonly #retired = new Set<Entry<Spec>>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: PoolOptions<Spec>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = new Backoff(this.#clock);
  }

  /**
   * Runs `run` with the process of `spec`, which is started if need be; callers that come meanwhile share the start.
   *
   * @param run is told how much of its time is left
   * @throws {PoolError} if there is no room, too many calls wait, or the plugin crashed too often of late
   * @throws {RpcError | TransportError} of the start, or of `run`
   */
  async use<T>(
    spec: Spec,
    run: (process: PluginProcess, timeoutMs: number) => Promise<T>,
    options: UseOptions = { timeoutMs: REQUEST_TIMEOUT_SECONDS_DEFAULT * 1000 },
  ): Promise<T> {
    const entry = this.#entryFor(spec);
    if (entry.users >= CALLS_MAX + WAITING_MAX) throw tooBusy("too many calls wait for it");
    const deadline = this.#clock.now() + options.timeoutMs;
    entry.users++;
    entry.cancelIdle?.();
    try {
      const process = await entry.ready;
      const result = await this.#inTurn(
        entry,
        deadline,
        options.signal,
        (timeoutMs) => run(process, timeoutMs),
      );
      this.#backoff.clear(spec.key);
      return result;
    } catch (error) {
      if (error instanceof RpcError && entry.process !== undefined) this.#backoff.clear(spec.key);
      else if (entry.process?.isClosing) this.#noteCrash(entry);
      throw error;
    } finally {
      entry.users--;
      this.#rest(entry);
    }
  }

  async #inTurn<T>(
    { slots }: Entry<Spec>,
    deadline: number,
    signal: AbortSignal | undefined,
    run: (timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const left = () => Math.max(TIMEOUT_MS_MIN, deadline - this.#clock.now());
    const outcome = await slots.take(left(), signal);
    if (outcome === "timeout") throw tooBusy("other calls kept it busy until the deadline");
    if (outcome === "cancelled") throw new TransportError("cancelled", "The caller left");
    try {
      return await run(left());
    } finally {
      slots.release();
    }
  }

  /** Ends the processes that `match` picks at once; their callers fail with `reason`. */
  async stop(match: (spec: Spec) => boolean, reason: string): Promise<void> {
    const picked = this.#all().filter((entry) => match(entry.spec));
    for (const { spec } of picked) this.#backoff.clear(spec.key);
    await Promise.all(picked.map((entry) => this.#end(entry, reason)));
  }

  /** Takes the processes that `match` picks out of use; calls in flight finish first. */
  drain(match: (spec: Spec) => boolean): void {
    for (const entry of [...this.#entries.values()]) {
      if (match(entry.spec)) this.#retire(entry);
    }
  }

  /** Stops every process by the ladder of protocol.md. */
  async close(): Promise<void> {
    await Promise.all(
      this.#all().map(async (entry) => {
        this.#detach(entry);
        entry.abort.abort();
        await entry.process?.close();
      }),
    );
  }

  /** Of the processes of a plugin, the one that says most. */
  stateOf(pluginId: string): RunState {
    const entries = this.#all().filter(({ spec, process }) =>
      spec.pluginId === pluginId && !process?.isClosing
    );
    if (entries.some((entry) => entry.process !== undefined)) return "running";
    if (entries.length > 0) return "starting";
    return this.#backoff.isWaiting(pluginId) ? "backing_off" : "stopped";
  }

  /** The processes that are up, for whoever watches over them. */
  live(): readonly { readonly process: PluginProcess; readonly spec: Spec }[] {
    return this.#all().flatMap(({ process, spec }) =>
      process === undefined ? [] : [{ process, spec }]
    );
  }

  #all(): Entry<Spec>[] {
    return [...this.#entries.values(), ...this.#retired];
  }

  #entryFor(spec: Spec): Entry<Spec> {
    const found = this.#entries.get(spec.key);
    if (found !== undefined && serves(found.spec, spec) && !found.process?.isClosing) return found;
    this.#refuseBackingOff(spec);
    if (found !== undefined) this.#retire(found);
    return this.#create(spec, this.#makeRoom());
  }

  #refuseBackingOff(spec: Spec): void {
    const waitMs = this.#backoff.waitMs(spec.key, spec.revision);
    if (waitMs <= 0) return;
    throw backingOff(waitMs);
  }

  /**
   * Sees to it that one more process may be started.
   * @returns the end of the process that makes way, if one must
   */
  #makeRoom(): Promise<void> | undefined {
    if (this.#entries.size + this.#retired.size < this.#options.processesMax) return undefined;
    const idle = [...this.#entries.values()]
      .filter((entry) => entry.users === 0 && entry.process !== undefined)
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt)[0];
    if (idle === undefined) throw withoutRoom(this.#options.processesMax);
    return this.#close(idle);
  }

  #create(spec: Spec, room: Promise<void> | undefined): Entry<Spec> {
    const abort = new AbortController();
    const entry: Entry<Spec> = {
      spec,
      abort,
      ready: Promise.resolve(room).then(() => this.#start(entry)),
      slots: new CallSlots(this.#clock, CALLS_MAX),
      process: undefined,
      users: 0,
      lastUsedAt: this.#clock.now(),
      cancelIdle: undefined,
      retired: false,
      isCrashNoted: false,
    };
    this.#entries.set(spec.key, entry);
    return entry;
  }

  async #start(entry: Entry<Spec>): Promise<PluginProcess> {
    const { spec, abort } = entry;
    try {
      const process = await spec.start(abort.signal);
      entry.process = process;
      process.exited.then((end) => this.#onExit(entry, end));
      return process;
    } catch (error) {
      this.#detach(entry);
      if (!abort.signal.aborted && isPluginFault(error)) this.#backoff.note(spec);
      throw abort.signal.aborted ? stopped(abort.signal) : error;
    }
  }

  #onExit(entry: Entry<Spec>, end: ProcessEnd): void {
    this.#detach(entry);
    const wasNoted = entry.isCrashNoted;
    this.#noteCrash(entry);
    if (!end.wasAsked && !end.wasTold && !wasNoted) this.#options.onCrash?.(entry.spec, end);
  }

  /** Once for each crash: by the caller whom it struck, before the next call, or when the process was reaped. */
  #noteCrash(entry: Entry<Spec>): void {
    if (entry.isCrashNoted || entry.process?.wasAsked) return;
    entry.isCrashNoted = true;
    this.#backoff.note(entry.spec);
  }

  /** Takes an entry out of use for its successor; who uses it may finish. */
  #retire(entry: Entry<Spec>): void {
    this.#entries.delete(entry.spec.key);
    entry.retired = true;
    this.#retired.add(entry);
    this.#rest(entry);
  }

  #rest(entry: Entry<Spec>): void {
    entry.lastUsedAt = this.#clock.now();
    if (entry.users > 0 || entry.process === undefined || entry.process.isClosing) return;
    if (entry.retired) this.#close(entry);
    else entry.cancelIdle = this.#clock.after(this.#options.idleMs, () => this.#close(entry));
  }

  #close(entry: Entry<Spec>): Promise<void> {
    this.#detach(entry);
    const closing = entry.process?.close() ?? Promise.resolve();
    this.#closing.add(closing);
    return closing.then(() => {
      this.#closing.delete(closing);
    });
  }

  async #end(entry: Entry<Spec>, reason: string): Promise<void> {
    this.#detach(entry);
    entry.abort.abort(reason);
    await entry.process?.kill(reason);
  }

  #detach(entry: Entry<Spec>): void {
    entry.cancelIdle?.();
    this.#retired.delete(entry);
    if (this.#entries.get(entry.spec.key) === entry) this.#entries.delete(entry.spec.key);
  }
}

/** Whether a process of `found` is what `wanted` asks for. */
function serves(found: ProcessSpec, wanted: ProcessSpec): boolean {
  return found.revision === wanted.revision &&
    (found.generation ?? 0) >= (wanted.generation ?? 0);
}

/** What else can fail a start, such as a service that can't be reached, is not the plugin's doing. */
function isPluginFault(error: unknown): boolean {
  return error instanceof RpcError || error instanceof TransportError;
}

function stopped(signal: AbortSignal): TransportError {
  const { reason } = signal;
  return new TransportError("closed", typeof reason === "string" ? reason : "The host stops");
}
