/** The life of one plugin process (protocol.md "Lifecycle"). */
import { type Clock, systemClock } from "../rpc/clock.ts";
import { type CallOptions, Connection, type ProtocolFaultKind } from "../rpc/connection.ts";
import { AbandonedError, type ExitStatus, TransportError } from "../rpc/errors.ts";
import type { Floods } from "../rpc/flood_guard.ts";
import { LifeCheck, PONG_MS_MAX } from "../rpc/life_check.ts";
import type { ReverseHandler } from "../rpc/reverse_calls.ts";
import { StdioTransport } from "../rpc/stdio_transport.ts";
import type { PluginChild } from "./child.ts";
import { readStderr } from "./log_tail.ts";

/** Of each step of the close ladder. */
const LADDER_STEP_MS = 2000;

export interface PluginProcessOptions {
  readonly child: PluginChild;
  /** Of `initialize` and of calls that name none. */
  readonly timeoutMs: number;
  /** Resident, over everything that belongs to it. */
  readonly memoryBytesMax: number;
  /** Of the control group that it runs in; undefined if there is none. */
  readonly groupName: string | undefined;
  /** The folder it may fill: its private one, or what Deno keeps for it. */
  readonly dataFolder: string;
  /** Of the plugin or connection, whether the process may write there or not. */
  readonly privateFolder: string;
  /** Serves the plugin's own calls, from the first byte on: some wait for them within `initialize`. */
  readonly onRequest: ReverseHandler;
  readonly onFault: (kind: ProtocolFaultKind, excerpt: string) => void;
  readonly onLogLine: (text: string) => void;
  /** Removes what the process leaves; runs once, after it was reaped. */
  readonly cleanUp: () => Promise<void>;
  readonly floods: Floods;
  readonly clock?: Clock;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly exit: ExitStatus;
  /** Whether the host had asked it to end. */
  readonly wasAsked: boolean;
  /** Why the host ended it as crashed; undefined where it ended by itself or was asked to. */
  readonly reason?: string;
  /** A caller was told before of what it was ended for. */
  readonly wasTold?: boolean;
}

/** A running plugin. Its end is told by `exited`, whoever caused it. */
export class PluginProcess {
  readonly pid: number;
  readonly isSandboxed: boolean;
  readonly memoryBytesMax: number;
  readonly groupName: string | undefined;
  readonly dataFolder: string;
  readonly privateFolder: string;
  /** Resolves when the process was reaped, its pipes read to the end and its leavings removed. */
  readonly exited: Promise<ProcessEnd>;
  /** Result of `initialize`, unchecked; undefined until then. */
  initializeResult: unknown;
  /** Calls that it takes at once by its manifest; undefined where that doesn't say. */
  callsMax: number | undefined;
  readonly #child: PluginChild;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #onLogLine: (text: string) => void;
  readonly #stopLog = new AbortController();
  readonly #timeoutMs: number;
  readonly #life: LifeCheck;
  #closing: Promise<void> | undefined;
  #wasAsked = false;
  #failure: Pick<ProcessEnd, "reason" | "wasTold"> = {};
  #isReaped = false;

  constructor(options: PluginProcessOptions) {
    const { child } = options;
    this.#child = child;
    this.pid = child.pid;
    this.isSandboxed = child.isSandboxed;
    this.memoryBytesMax = options.memoryBytesMax;
    this.groupName = options.groupName;
    this.dataFolder = options.dataFolder;
    this.privateFolder = options.privateFolder;
    this.#timeoutMs = options.timeoutMs;
    this.#clock = options.clock ?? systemClock;
    this.#onLogLine = options.onLogLine;
    this.#connection = new Connection(
      new StdioTransport(child, { clock: this.#clock, floods: options.floods }),
      {
        onRequest: options.onRequest,
        onFault: options.onFault,
        timeoutMs: options.timeoutMs,
        clock: this.#clock,
      },
    );
    this.#life = new LifeCheck({
      connection: this.#connection,
      clock: this.#clock,
      onHang: (method, isTold) => this.#endHung(method, isTold),
    });
    const logged = readStderr(
      child.stderr,
      options.onLogLine,
      (ms) => options.floods.during(this.#pauseLog(ms * (options.floods.count + 1))),
      this.#stopLog.signal,
    );
    this.exited = this.#watch(logged, options.cleanUp);
  }

  /** Calls that wait for their reply. */
  get inFlight(): number {
    return this.#connection.inFlight;
  }

  /** Whether the process was told to end, or ended by itself: it is of no more use. */
  get isClosing(): boolean {
    return this.#closing !== undefined || this.#connection.isClosed;
  }

  /** Whether the host asked it to end. */
  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  /**
   * Sends `initialize` and keeps its result; ends the process if that fails.
   * @throws {RpcError | TransportError}
   */
  async initialize(params: object): Promise<void> {
    try {
      this.initializeResult = await this.#connection.call("initialize", params);
    } catch (error) {
      this.#signal("SIGKILL");
      await this.exited;
      throw error;
    }
  }

  /**
   * @throws {RpcError} what the plugin answered
   * @throws {TransportError} why there is no answer
   */
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown> {
    const answer = this.#connection.call(method, params, options);
    const timeoutMs = options?.timeoutMs ?? this.#timeoutMs;
    answer.catch((error) => {
      if (error instanceof AbandonedError) this.#life.note(method, timeoutMs, error);
    });
    return answer;
  }

  #endHung(method: string, isTold: boolean): void {
    const seconds = PONG_MS_MAX / 1000;
    const reason =
      `The plugin was ended: it hangs, after "${method}" it did not answer a ping within ${seconds} s`;
    this.fail(reason, isTold);
  }

  /**
   * Ends the process by the ladder of protocol.md: `shutdown`, end of stdin, SIGTERM, SIGKILL, each given its time.
   * Resolves when it was reaped. Calls in flight go on meanwhile.
   */
  close(): Promise<void> {
    if (!this.#connection.isClosed) this.#wasAsked = true;
    this.#closing ??= this.#descend();
    return this.#closing;
  }

  /** Fails every waiting caller with `reason` and ends the whole group at once. */
  async kill(reason: string): Promise<void> {
    if (!this.#connection.isClosed) this.#wasAsked = true;
    // Before the pipes close, or it might still do something about that.
    this.#signal("SIGKILL");
    this.#connection.close(new TransportError("closed", reason));
    this.#closing ??= Promise.resolve();
    await this.exited;
  }

  /**
   * Ends the whole group at once for something it did: to its callers it has crashed.
   *
   * @param wasTold a caller knows of it already
   */
  fail(reason: string, wasTold = false): void {
    if (this.#connection.isClosed) return;
    this.#failure = { reason, wasTold };
    this.#onLogLine(reason);
    this.#signal("SIGKILL");
    this.#connection.close(new TransportError("crashed", reason));
  }

  async #descend(): Promise<void> {
    if (this.#connection.isClosed) {
      await this.exited;
      return;
    }
    await this.#connection.call("shutdown", {}, { timeoutMs: LADDER_STEP_MS }).catch(() => {});
    // A plugin that reads nothing would hold up the end of its stdin.
    const ended = this.#connection.endWriting().then(() => this.exited);
    if (await this.#within(ended)) return;
    this.#signal("SIGTERM");
    if (await this.#within(this.exited)) return;
    await this.kill("The plugin was stopped");
  }

  /** Never after the last sweep: the number may belong to another group by then. */
  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (!this.#isReaped) this.#child.signal(signal);
  }

  async #within(promise: Promise<unknown>): Promise<boolean> {
    let cancel = () => {};
    const limit = new Promise<boolean>((resolve) => {
      cancel = this.#clock.after(LADDER_STEP_MS, () => resolve(false));
    });
    const inTime = await Promise.race([promise.then(() => true), limit]);
    cancel();
    return inTime;
  }

  async #watch(logged: Promise<void>, cleanUp: () => Promise<void>): Promise<ProcessEnd> {
    const cause = await this.#connection.closed;
    // Whatever ended the connection, nothing of the group may live on.
    if (cause.kind !== "crashed") this.#signal("SIGKILL");
    const exit = await this.#child.exited;
    this.#signal("SIGKILL");
    this.#isReaped = true;
    if (exit.reason !== undefined && this.#failure.reason === undefined) {
      this.#failure = { reason: exit.reason };
      this.#onLogLine(exit.reason);
    }
    // A grandchild that left the group may hold stderr open for ever.
    if (!await this.#within(logged)) this.#stopLog.abort();
    await cleanUp();
    return { exit, wasAsked: this.#wasAsked, ...this.#failure };
  }

  /** Until the log is stopped, at most. */
  #pauseLog(ms: number): Promise<void> {
    const { signal } = this.#stopLog;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#clock.after(ms, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
