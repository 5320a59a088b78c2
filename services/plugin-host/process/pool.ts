/**
 * The live processes of this replica (architecture.md "State, replicas and scale"). They are a cache: anything here
 * may end at any moment and be started again.
 */
import { REQUEST_TIMEOUT_SECONDS_DEFAULT } from "@codex/protocol";
import { type Clock, systemClock } from "../rpc/clock.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { Backoff } from "./backoff.ts";
import type { PluginProcess, ProcessEnd } from "./plugin_process.ts";
import { PoolEntry, type UseOptions } from "./pool_entry.ts";
import { backingOff, withoutRoom } from "./pool_error.ts";
import { type ProcessSpec, serves } from "./process_spec.ts";
import { CallWindows } from "./turns/call_windows.ts";

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

export class ProcessPool<Spec extends ProcessSpec = ProcessSpec> {
  readonly #options: PoolOptions<Spec>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #windows = new CallWindows();
  readonly #entries = new Map<string, PoolEntry<Spec>>();
  readonly #retired = new Set<PoolEntry<Spec>>();
  /** On their way down the ladder of protocol.md, which may take seconds. */
  readonly #closing = new Set<PoolEntry<Spec>>();

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
    try {
      const result = await entry.use(run, options);
      this.#backoff.clear(spec.key);
      return result;
    } catch (error) {
      if (error instanceof RpcError && entry.process !== undefined) this.#backoff.clear(spec.key);
      else if (entry.isClosing) this.#noteCrash(entry);
      throw error;
    } finally {
      this.#rest(entry);
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

  /**
   * Lets a plugin be started at once, whatever its crashes before, and sent as many calls as a new
   * one.
   */
  forgive(pluginId: string): void {
    this.#backoff.clearPlugin(pluginId);
    this.#windows.forget(pluginId);
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
    const entries = this.#all().filter(({ spec, isClosing }) =>
      spec.pluginId === pluginId && !isClosing
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

  /** Of every process, from the wish for it to its end. */
  specs(): ReadonlySet<Spec> {
    return new Set(this.#all().map(({ spec }) => spec));
  }

  #all(): PoolEntry<Spec>[] {
    return [...this.#entries.values(), ...this.#retired, ...this.#closing];
  }

  #entryFor(spec: Spec): PoolEntry<Spec> {
    const found = this.#entries.get(spec.key);
    if (found !== undefined && serves(found.spec, spec) && !found.isClosing) return found;
    const waitMs = this.#backoff.waitMs(spec.key, spec.revision);
    if (waitMs > 0) throw backingOff(waitMs);
    if (found !== undefined) this.#retire(found);
    const room = this.#makeRoom();
    const window = this.#windows.of(spec);
    const entry = new PoolEntry(spec, this.#clock, window, async (it) => {
      await room;
      return await this.#start(it);
    });
    this.#entries.set(spec.key, entry);
    return entry;
  }

  /**
   * Sees to it that one more process may be started.
   * @returns the end of the process that makes way, if one must
   */
  #makeRoom(): Promise<void> | undefined {
    if (this.#entries.size + this.#retired.size < this.#options.processesMax) return undefined;
    const [idle] = [...this.#entries.values()].filter(({ isIdle }) => isIdle)
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (idle === undefined) throw withoutRoom(this.#options.processesMax);
    return this.#close(idle);
  }

  async #start(entry: PoolEntry<Spec>): Promise<PluginProcess> {
    const { spec, abort } = entry;
    try {
      const process = await spec.start(abort.signal);
      // It was ready before it could be told.
      if (abort.signal.aborted) await process.kill("The plugin was stopped");
      abort.signal.throwIfAborted();
      entry.window.declare(process.callsMax);
      entry.process = process;
      process.exited.then((end) => this.#onExit(entry, end));
      return process;
    } catch (error) {
      this.#detach(entry);
      if (!abort.signal.aborted && isPluginFault(error)) this.#backoff.note(spec);
      throw abort.signal.aborted ? stopped(abort.signal) : error;
    }
  }

  #onExit(entry: PoolEntry<Spec>, end: ProcessEnd): void {
    this.#detach(entry);
    this.#closing.delete(entry);
    const wasNoted = entry.isCrashNoted;
    this.#noteCrash(entry);
    if (!end.wasAsked && !end.wasTold && !wasNoted) this.#options.onCrash?.(entry.spec, end);
  }

  /** Once for each crash: by the caller whom it struck, before the next call, or when the process was reaped. */
  #noteCrash(entry: PoolEntry<Spec>): void {
    if (entry.isCrashNoted || entry.process?.wasAsked) return;
    entry.isCrashNoted = true;
    this.#backoff.note(entry.spec);
  }

  /** Takes an entry out of use for its successor; who uses it may finish. */
  #retire(entry: PoolEntry<Spec>): void {
    this.#entries.delete(entry.spec.key);
    entry.isRetired = true;
    this.#retired.add(entry);
    this.#rest(entry);
  }

  #rest(entry: PoolEntry<Spec>): void {
    entry.rest(this.#options.idleMs, () => void this.#close(entry));
  }

  async #close(entry: PoolEntry<Spec>): Promise<void> {
    this.#detach(entry);
    this.#closing.add(entry);
    await entry.process?.close();
    this.#closing.delete(entry);
  }

  async #end(entry: PoolEntry<Spec>, reason: string): Promise<void> {
    this.#detach(entry);
    entry.abort.abort(reason);
    await entry.process?.kill(reason);
  }

  #detach(entry: PoolEntry<Spec>): void {
    entry.detach();
    this.#retired.delete(entry);
    if (this.#entries.get(entry.spec.key) === entry) this.#entries.delete(entry.spec.key);
  }
}

/** What else can fail a start, such as a service that can't be reached, is not the plugin's doing. */
function isPluginFault(error: unknown): boolean {
  return error instanceof RpcError || error instanceof TransportError;
}

function stopped(signal: AbortSignal): TransportError {
  const { reason } = signal;
  return new TransportError("closed", typeof reason === "string" ? reason : "The host stops");
}
