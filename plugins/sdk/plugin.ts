/**
 * What every kind of plugin has in common: initialize, ping, shutdown, cancellation, storage, logging.
 * A kind (metadata, sync, recommendations) is a table of methods on top of it.
 */
import { Connection, type IncomingRequest, settledWithin } from "./connection.ts";
import { InternalError, MethodNotFoundError, PluginError, toErrorObject } from "./errors.ts";
import { ERROR_CODES, isRecord, type JsonValue } from "./json_rpc.ts";
import { isLogLevel, LevelLogger, type Logger, type LogLevel } from "./logger.ts";
import type { Manifest } from "./manifest.ts";
import { ParamsReader } from "./params.ts";
import { runOnStdio } from "./stdio.ts";
import { createStorage, type Storage } from "./storage.ts";
import type { Transport } from "./transport.ts";

/** What the host told at start, and what the plugin may use from then on. */
export interface Session {
  /** The admin's settings, as described by `configSchema`. */
  readonly adminConfig: Readonly<Record<string, JsonValue>>;
  /** The user's settings, as described by `userConfigSchema`. */
  readonly userConfig: Readonly<Record<string, JsonValue>>;
  /** By the keys of `requiredCredentials`; an OAuth or pasted token is `access_token`. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Absolute path of a private folder. It may be empty at any start: what must last goes to storage. */
  readonly dataDir: string;
  /** Opaque; user plugins only. */
  readonly userId?: string;
  readonly userPluginId?: string;
  /** How long the host waits for the answer to a call. 30 000 where the host doesn't tell. */
  readonly requestTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly log: Logger;
  readonly storage: Storage;
}

/** What a handler gets beside its params. */
export interface CallContext extends Session {
  /** Fires when the host gave the call up: pass it to `fetch` and stop working. */
  readonly signal: AbortSignal;
  /** Milliseconds until the host gives the call up; negative when that is over. */
  timeLeftMs(): number;
}

export type Method = (params: unknown, context: CallContext) => unknown;

/** Settings that every kind of plugin takes. */
export interface PluginOptions {
  /** Runs before `initialize` is answered; storage can be used. What it throws refuses the start. */
  onInitialize?(session: Session): void | Promise<void>;
  /** Runs before the process ends; at most one second. After a lost host, storage calls fail at once. */
  onShutdown?(): void | Promise<void>;
  /** Deadline of one storage call. Default 10 000. */
  storageTimeoutMs?: number;
  /** How long `shutdown` waits for running calls. Default 1500; the host allows little more. */
  shutdownTimeoutMs?: number;
}

export interface PluginDefinition extends PluginOptions {
  readonly manifest: Manifest;
  /** Answers `initialize` instead of `manifest`, where settings decide what the plugin is. */
  manifestFor?(session: Session): Manifest;
  readonly methods: Readonly<Record<string, Method>>;
}

export interface Plugin {
  readonly manifest: Manifest;
  /** Serves the host on standard input and output, then ends the process. */
  run(): Promise<void>;
  /** Serves one host over any transport; resolves after `shutdown` or at the end of input. */
  serve(transport: Transport, writeLog: (line: string) => void): Promise<void>;
}

const STORAGE_TIMEOUT_MS = 10_000;
const SHUTDOWN_TIMEOUT_MS = 1_500;
const ON_SHUTDOWN_TIMEOUT_MS = 1_000;
/** The host's own default. */
const REQUEST_TIMEOUT_SECONDS = 30;

export function definePlugin(definition: PluginDefinition): Plugin {
  const serve: Plugin["serve"] = (transport, writeLog) =>
    new PluginServer(definition, transport, writeLog).serve();
  return { manifest: definition.manifest, serve, run: () => runOnStdio(serve) };
}

/** One plugin serving one host. */
class PluginServer {
  readonly #log: LevelLogger;
  readonly #connection: Connection;
  readonly #stopped: Promise<void>;
  #markStopped = () => {};
  /** Absent before the first `initialize`; rejected when that failed. */
  #session: Promise<Session> | undefined;
  #stopping = false;

  constructor(
    private readonly definition: PluginDefinition,
    private readonly transport: Transport,
    writeLog: (line: string) => void,
  ) {
    this.#log = new LevelLogger(writeLog);
    this.#stopped = new Promise((resolve) => this.#markStopped = resolve);
    this.#connection = new Connection(transport, {
      request: (request) => this.#answer(request),
      notification: (method, params) => this.#notice(method, params),
      fault: (reason) => this.#log.warn(reason),
    });
  }

  async serve(): Promise<void> {
    const inputEnded = this.#connection.listen().then(() => this.#lostHost());
    await Promise.race([inputEnded, this.#stopped]);
    // The reply to "shutdown" itself.
    await this.#connection.drain(null, ON_SHUTDOWN_TIMEOUT_MS);
    await this.transport.flush();
  }

  async #answer(request: IncomingRequest): Promise<unknown> {
    const { method, params } = request;
    if (this.#stopping) throw invalidRequest("Plugin is shutting down");
    switch (method) {
      case "initialize":
        return await this.#initialize(params);
      case "ping":
        return "pong";
      case "shutdown":
        return await this.#shutdown(request);
    }
    if (this.#session === undefined) throw invalidRequest('"initialize" has to come first');
    const handler = Object.hasOwn(this.definition.methods, method)
      ? this.definition.methods[method]
      : undefined;
    if (handler === undefined) throw new MethodNotFoundError(method);
    const session = await this.#session;
    return await this.#run(handler, request, session);
  }

  async #run(handler: Method, request: IncomingRequest, session: Session): Promise<unknown> {
    const { id, method, params, signal } = request;
    const storage = this.#storage({ parentRequestId: id, signal });
    const deadlineAt = performance.now() + session.requestTimeoutMs;
    const timeLeftMs = () => deadlineAt - performance.now();
    try {
      return await handler(params, { ...session, storage, signal, timeLeftMs });
    } catch (thrown) {
      if (!signal.aborted && !(thrown instanceof PluginError)) {
        this.#log.error(`"${method}" failed`, { error: thrown });
      }
      throw thrown;
    }
  }

  async #initialize(params: unknown): Promise<Manifest> {
    if (this.#session !== undefined) throw invalidRequest("Plugin is already initialized");
    const session = this.#openSession(params);
    this.#session = session;
    try {
      const opened = await session;
      return this.definition.manifestFor?.(opened) ?? this.definition.manifest;
    } catch (thrown) {
      // The host may try again with other settings.
      this.#session = undefined;
      throw thrown;
    }
  }

  async #openSession(params: unknown): Promise<Session> {
    const session: Session = {
      ...readInitializeParams(params),
      log: this.#log,
      storage: this.#storage({}),
    };
    this.#log.level = session.logLevel;
    await this.definition.onInitialize?.(session);
    return session;
  }

  #storage(options: { parentRequestId?: IncomingRequest["id"]; signal?: AbortSignal }): Storage {
    const timeoutMs = this.definition.storageTimeoutMs ?? STORAGE_TIMEOUT_MS;
    return createStorage(this.#connection, { timeoutMs, ...options });
  }

  #notice(method: string, params: unknown): void {
    if (method !== "$/cancelRequest") return this.#log.debug(`Notification "${method}" ignored`);
    const id = isRecord(params) ? params.id : undefined;
    if (typeof id === "number" || typeof id === "string") this.#connection.cancel(id);
  }

  async #shutdown({ id }: IncomingRequest): Promise<null> {
    this.#stopping = true;
    await this.#connection.drain(id, this.definition.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
    this.#connection.abandon(id, toErrorObject(new InternalError("Plugin is shutting down")));
    await this.#callOnShutdown();
    this.#markStopped();
    return null;
  }

  async #lostHost(): Promise<void> {
    if (this.#stopping) return await this.#stopped;
    this.#stopping = true;
    await this.#callOnShutdown();
  }

  async #callOnShutdown(): Promise<void> {
    const hook = async () => {
      try {
        await this.definition.onShutdown?.();
      } catch (thrown) {
        this.#log.error("onShutdown failed", { error: thrown });
      }
    };
    if (!await settledWithin(hook(), ON_SHUTDOWN_TIMEOUT_MS)) {
      this.#log.warn(`onShutdown took longer than ${ON_SHUTDOWN_TIMEOUT_MS} ms`);
    }
  }
}

function readInitializeParams(params: unknown): Omit<Session, "log" | "storage"> {
  const reader = new ParamsReader(params);
  const config = reader.record("config");
  const adminConfig = reader.record("adminConfig");
  const userConfig = reader.record("userConfig");
  const credentials = reader.record("credentials");
  const userId = reader.optionalText("userId");
  const userPluginId = reader.optionalText("userPluginId");
  const dataDir = reader.optionalText("dataDir") ?? "";
  const logLevel = reader.optionalText("logLevel");
  const requestTimeoutSeconds = reader.optionalInteger("requestTimeoutSeconds", 1);
  for (const [key, value] of Object.entries(credentials)) {
    if (typeof value !== "string") reader.refuse(`"credentials.${key}" must be a string`);
  }
  reader.done();
  // Hosts before this protocol's two configurations send only the merged one.
  const isOlderHost = isRecord(params) && !("adminConfig" in params);
  return {
    adminConfig: (isOlderHost ? config : adminConfig) as Record<string, JsonValue>,
    userConfig: userConfig as Record<string, JsonValue>,
    credentials: credentials as Record<string, string>,
    dataDir,
    requestTimeoutMs: (requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS) * 1000,
    logLevel: isLogLevel(logLevel) ? logLevel : "info",
    ...(userId === undefined ? {} : { userId }),
    ...(userPluginId === undefined ? {} : { userPluginId }),
  };
}

function invalidRequest(message: string): PluginError {
  return new PluginError(ERROR_CODES.invalidRequest, message);
}
