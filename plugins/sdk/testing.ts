/**
 * Test a plugin without a process: a pair of transports in memory, and a small host on one end.
 *
 * @module
 */
import { Connection } from "./connection.ts";
import { MethodNotFoundError } from "./errors.ts";
import { isRecord, type JsonValue } from "./json_rpc.ts";
import type { LogLevel } from "./logger.ts";
import type { Manifest } from "./manifest.ts";
import type { Plugin } from "./plugin.ts";
import { ParamsReader } from "./params.ts";
import type { LineSink, Transport } from "./transport.ts";

export { VirtualClock } from "./virtual_clock.ts";

/** One end of a pair; `end()` closes its output, which the other end sees as the end of input. */
export interface MemoryTransport extends Transport {
  end(): void;
}

/** Two ends: what one sends the other receives, in order, a microtask later. */
export function createTransportPair(): [MemoryTransport, MemoryTransport] {
  const left = new MemoryPipe();
  const right = new MemoryPipe();
  return [memoryTransport(left, right), memoryTransport(right, left)];
}

/** What `initialize` tells the plugin; the rest has harmless defaults. */
export interface TestSession {
  adminConfig?: Record<string, JsonValue>;
  userConfig?: Record<string, JsonValue>;
  credentials?: Record<string, string>;
  dataDir?: string;
  userId?: string;
  userPluginId?: string;
  logLevel?: LogLevel;
  requestTimeoutSeconds?: number;
  /** Given: the plugin has a store with these values, as a user plugin's process has. */
  storage?: Map<string, JsonValue>;
}

/** A host for one plugin in memory. */
export interface TestHost {
  readonly manifest: Manifest;
  /** What the plugin logged, a line each. */
  readonly log: readonly string[];
  /**
   * Calls a method and resolves with its result. When `signal` fires, the plugin is told to give up.
   *
   * @throws {HostError} the plugin answered with an error: see its `code`, `message` and `data`
   */
  call(method: string, params?: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Sends `shutdown` and waits until the plugin has stopped. */
  stop(): Promise<void>;
}

const CALL_TIMEOUT_MS = 30_000;

/**
 * Starts a plugin and initializes it.
 *
 * @throws {HostError} `initialize` was refused
 */
export async function startTestHost(plugin: Plugin, session: TestSession = {}): Promise<TestHost> {
  const { storage, ...told } = session;
  const [hostEnd, pluginEnd] = createTransportPair();
  const log: string[] = [];
  const stopped = plugin.serve(pluginEnd, (line) => log.push(line));
  const connection = new Connection(hostEnd, {
    request: ({ method, params }) => serveStorage(storage, method, params),
    notification: () => {},
    fault: (reason) => log.push(`fault: ${reason}`),
  });
  connection.listen();

  function call(method: string, params: unknown = {}, signal?: AbortSignal): Promise<unknown> {
    return connection.call(method, params, {
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
      cancelMethod: "$/cancelRequest",
    });
  }

  async function stop() {
    await call("shutdown");
    hostEnd.end();
    await stopped;
    connection.close();
  }

  try {
    const manifest = await call("initialize", initializeParams(told)) as Manifest;
    return { manifest, log, call, stop };
  } catch (refused) {
    hostEnd.end();
    await stopped;
    throw refused;
  }
}

function initializeParams(session: Omit<TestSession, "storage">) {
  const adminConfig = session.adminConfig ?? {};
  const userConfig = session.userConfig ?? {};
  return {
    credentials: {},
    dataDir: "/nonexistent",
    logLevel: "debug",
    ...session,
    adminConfig,
    userConfig,
    config: { ...userConfig, ...adminConfig },
  };
}

/** Storage without limits and expiry: those are the host's business, not the plugin's. */
function serveStorage(
  storage: Map<string, JsonValue> | undefined,
  method: string,
  params: unknown,
): unknown {
  if (storage === undefined) throw new MethodNotFoundError(method);
  const fields = isRecord(params) ? params : {};
  const key = () => new ParamsReader(fields).text("key");
  switch (method) {
    case "storage/get":
      return { data: storage.get(key()) ?? null };
    case "storage/set":
      storage.set(key(), fields.data as JsonValue);
      return { success: true };
    case "storage/delete":
      return { deleted: storage.delete(key()) };
    case "storage/list": {
      const updatedAt = new Date(0).toISOString();
      return { keys: [...storage.keys()].sort().map((name) => ({ key: name, updatedAt })) };
    }
    case "storage/clear": {
      const deletedCount = storage.size;
      storage.clear();
      return { deletedCount };
    }
    default:
      throw new MethodNotFoundError(method);
  }
}

/** One direction; keeps lines until somebody listens. */
class MemoryPipe {
  #waiting: string[] = [];
  #sink: LineSink | undefined;
  #ended = false;
  #markEnded = () => {};
  readonly #end = new Promise<void>((resolve) => this.#markEnded = resolve);

  send(text: string): void {
    if (this.#ended) return;
    queueMicrotask(() =>
      this.#sink === undefined ? this.#waiting.push(text) : this.#sink.line(text)
    );
  }

  async receive(sink: LineSink): Promise<void> {
    this.#sink = sink;
    for (const text of this.#waiting.splice(0)) sink.line(text);
    await this.#end;
  }

  end(): void {
    this.#ended = true;
    queueMicrotask(this.#markEnded);
  }
}

function memoryTransport(incoming: MemoryPipe, outgoing: MemoryPipe): MemoryTransport {
  return {
    receive: (sink) => incoming.receive(sink),
    send: (text) => outgoing.send(text),
    flush: () => Promise.resolve(),
    end: () => outgoing.end(),
  };
}
