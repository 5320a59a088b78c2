/**
 * The live processes of this replica (architecture.md "State, replicas and scale"). They are a cache: anything here
 * may end at any moment and be started again.
 */
import { type Clock, systemClock } from "../rpc/clock.ts";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { Backoff } from "./backoff.ts";
import type { PluginProcess, ProcessEnd } from "./plugin_process.ts";

/** One process that may be wanted: of a plugin, or of one connection to it. */
export interface ProcessSpec {
  /** Names the process: two specs with the same key share one. */
  readonly key: string;
  readonly pluginId: string;
  /** Of everything the process is started with; another means another process. */
  readonly revision: string;
  /** Spawns and initializes; `signal` ends an attempt that is no longer wanted. */
  start(signal: AbortSignal): Promise<PluginProcess>;
}

export interface PoolOptions {
  /** Live processes at most. */
  readonly processesMax: number;
  /** A process that nothing used for so long is stopped. */
  readonly idleMs: number;
  /** Told of every process that ended without being asked to. Must not throw. */
  readonly onCrash?: (pluginId: string, end: ProcessEnd) => void;
  readonly clock?: Clock;
}

/** Why no process could be had. */
export class PoolError extends Error {
  override readonly name = "PoolError";

  constructor(
    readonly kind: "no-capacity" | "backing-off",
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

export type RunState = "stopped" | "starting" | "running" | "backing_off";

interface Entry {
  readonly spec: ProcessSpec;
  readonly abort: AbortController;
  readonly ready: Promise<PluginProcess>;
  process: PluginProcess | undefined;
  users: number;
  lastUsedAt: number;
  cancelIdle: (() => void) | undefined;
  /** Takes no new users; stops when the last one is done. */
  retired: boolean;
}

const NO_CAPACITY_RETRY_SECONDS = 2;

export class ProcessPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #entries = new Map<string, Entry>();
  readonly #retired = new Set<Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = new Backoff(this.#clock);
  }

  /**
   * Runs `run` with the process of `spec`, which is started if need be; callers that come meanwhile share the start.
   *
   * @throws {PoolError} if there is no room or the plugin crashed too often of late
   * @throws {RpcError | TransportError} of the start, or of `run`
   */
  async use<T>(spec: ProcessSpec, run: (process: PluginProcess) => Promise<T>): Promise<T> {
    const entry = this.#entryFor(spec);
    entry.users++;
    entry.cancelIdle?.();
    try {
      const result = await run(await entry.ready);
      this.#backoff.clear(spec.key);
      return result;
    } catch (error) {
      if (error instanceof RpcError && entry.process !== undefined) this.#backoff.clear(spec.key);
      throw error;
    } finally {
      entry.users--;
      this.#rest(entry);
    }
  }

  /** Ends every process of a plugin at once; their callers fail with `reason`. */
  async stopPlugin(pluginId: string, reason: string): Promise<void> {
    const ofPlugin = (entry: Entry) => entry.spec.pluginId === pluginId;
    await Promise.all(this.#all().filter(ofPlugin).map((entry) => this.#end(entry, reason)));
  }

  /** Ends the process with this key at once. */
  async stop(key: string, reason: string): Promise<void> {
    const withKey = this.#all().filter((entry) => entry.spec.key === key);
    await Promise.all(withKey.map((entry) => this.#end(entry, reason)));
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
    const entries = this.#all().filter((entry) => entry.spec.pluginId === pluginId);
    if (entries.some((entry) => entry.process !== undefined)) return "running";
    if (entries.length > 0) return "starting";
    return this.#backoff.isWaiting(pluginId) ? "backing_off" : "stopped";
  }

  /** Ids of the live processes, with the plugin each belongs to. */
  live(): { readonly pid: number; readonly process: PluginProcess; readonly pluginId: string }[] {
    return this.#all().flatMap(({ process, spec }) =>
      process === undefined ? [] : [{ pid: process.pid, process, pluginId: spec.pluginId }]
    );
  }

  #all(): Entry[] {
    return [...this.#entries.values(), ...this.#retired];
  }

  #entryFor(spec: ProcessSpec): Entry {
    const found = this.#entries.get(spec.key);
    if (found?.spec.revision === spec.revision && !found.process?.isClosing) return found;
    this.#refuseBackingOff(spec);
    if (found !== undefined) this.#retire(found);
    return this.#create(spec, this.#makeRoom());
  }

  #refuseBackingOff(spec: ProcessSpec): void {
    const waitMs = this.#backoff.waitMs(spec.key, spec.revision);
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new PoolError(
      "backing-off",
      `The plugin crashed, it starts again in ${seconds} s`,
      seconds,
    );
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
    if (idle === undefined) {
      throw new PoolError(
        "no-capacity",
        `All ${this.#options.processesMax} plugin processes are busy`,
        NO_CAPACITY_RETRY_SECONDS,
      );
    }
    return this.#close(idle);
  }

  #create(spec: ProcessSpec, room: Promise<void> | undefined): Entry {
    const abort = new AbortController();
    const entry: Entry = {
      spec,
      abort,
      ready: Promise.resolve(room).then(() => this.#start(entry)),
      process: undefined,
      users: 0,
      lastUsedAt: this.#clock.now(),
      cancelIdle: undefined,
      retired: false,
    };
    this.#entries.set(spec.key, entry);
    return entry;
  }

  async #start(entry: Entry): Promise<PluginProcess> {
    const { spec, abort } = entry;
    try {
      const process = await spec.start(abort.signal);
      entry.process = process;
      process.exited.then((end) => this.#onExit(entry, end));
      return process;
    } catch (error) {
      this.#detach(entry);
      if (!abort.signal.aborted) this.#backoff.note(spec);
      throw abort.signal.aborted ? stopped(abort.signal) : error;
    }
  }

  #onExit(entry: Entry, end: ProcessEnd): void {
    this.#detach(entry);
    if (end.wasAsked) return;
    this.#backoff.note(entry.spec);
    this.#options.onCrash?.(entry.spec.pluginId, end);
  }

  /** Takes an entry out of use for its successor; who uses it may finish. */
  #retire(entry: Entry): void {
    this.#entries.delete(entry.spec.key);
    entry.retired = true;
    this.#retired.add(entry);
    this.#rest(entry);
  }

  #rest(entry: Entry): void {
    entry.lastUsedAt = this.#clock.now();
    if (entry.users > 0 || entry.process === undefined || entry.process.isClosing) return;
    if (entry.retired) this.#close(entry);
    else entry.cancelIdle = this.#clock.after(this.#options.idleMs, () => this.#close(entry));
  }

  #close(entry: Entry): Promise<void> {
    this.#detach(entry);
    const closing = entry.process?.close() ?? Promise.resolve();
    this.#closing.add(closing);
    return closing.then(() => {
      this.#closing.delete(closing);
    });
  }

  async #end(entry: Entry, reason: string): Promise<void> {
    this.#detach(entry);
    entry.abort.abort(reason);
    await entry.process?.kill(reason);
  }

  #detach(entry: Entry): void {
    entry.cancelIdle?.();
    this.#retired.delete(entry);
    if (this.#entries.get(entry.spec.key) === entry) this.#entries.delete(entry.spec.key);
  }
}

function stopped(signal: AbortSignal): TransportError {
  const { reason } = signal;
  return new TransportError("closed", typeof reason === "string" ? reason : "The host stops");
}
