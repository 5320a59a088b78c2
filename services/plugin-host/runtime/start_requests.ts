/** All that a process is started with, made anew for each start: where it runs, what it is told, who hears of it. */
import type { AuthService, ConnectionSecrets, PluginId } from "@codex/protocol";
import { type Logger, ProblemError } from "@codex/service";
import { createLineRedact, createRedact, type Redact } from "../domain/redaction.ts";
import { refusalWords } from "../domain/refusal_words.ts";
import type { DenoRuntime } from "../process/deno_runtime.ts";
import { LINE_LENGTH_MAX, LogTail } from "../process/log_tail.ts";
import type { StartRequest } from "../process/starter.ts";
import type { PluginSpec, RuntimeCall, RuntimeLogs } from "../registry/runtime.ts";
import { plainLine } from "../rpc/plain_text.ts";
import type { ReverseHandler } from "../rpc/reverse_calls.ts";
import { initializationOf, privateValues, type Secrets } from "./initialization.ts";
import { launcherOf, type Placement, placementOf, type PlacementPolicy } from "./placement.ts";
import type { PluginEvents } from "./plugin_events.ts";

export interface StartRequestsDeps {
  readonly placement: PlacementPolicy;
  readonly denoRuntime: DenoRuntime;
  readonly auth: Pick<AuthService, "getPluginSecrets" | "releaseConnectionSecrets">;
  readonly events: PluginEvents;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class StartRequests {
  readonly #deps: StartRequestsDeps;
  readonly #logs = new Map<PluginId, LogTail>();
  /** What was last told about a plugin's isolation. */
  readonly #told = new Map<PluginId, string>();

  constructor(deps: StartRequestsDeps) {
    this.#deps = deps;
  }

  /**
   * @returns with it, what takes its secrets out of a text
   * @throws ProblemError `plugin_off` with what to do when it can't run here
   */
  async make(
    spec: PluginSpec,
    own: {
      readonly secrets: Secrets;
      readonly dataPath: readonly string[];
      /** Nothing of it is kept. */
      readonly isTest?: true;
      readonly onRequest: ReverseHandler;
      /** Told of each line of this process's log alone. */
      readonly onLine?: (text: string) => void;
    },
  ): Promise<{ readonly request: StartRequest; readonly redact: Redact }> {
    const { placement: policy, denoRuntime, events, now } = this.#deps;
    const placement = await placementOf(policy, spec);
    if (!placement.runnable) throw new ProblemError("plugin_off", placement.reason);
    this.#tellIsolation(spec, placement);
    const isDeno = placement.target.runtime === "deno";
    const { params, environment } = initializationOf(spec, own.secrets, isDeno);
    const log = this.#logOf(spec.id);
    const connection = own.secrets.connection?.connection;
    events.initializing(spec.id, connection, params);
    const hidden = privateValues(own.secrets);
    const inOurWords = refusalWords({ level: placement.level, network: spec.network });
    const redactAlone = createRedact(hidden);
    const redact: Redact = (text) => inOurWords(redactAlone(text));
    const redactLine = createLineRedact(hidden, LINE_LENGTH_MAX);
    const onLogLine = (text: string) => {
      const line = inOurWords(redactLine(plainLine(text, LINE_LENGTH_MAX)));
      log.add(line, new Date(now()));
      own.onLine?.(line);
    };
    const request: StartRequest = {
      launcher: launcherOf(placement, policy, denoRuntime),
      target: placement.target,
      pluginFolder: placement.folder,
      workingDirectory: spec.workingDirectory,
      environment,
      network: spec.network,
      plugin: spec.id,
      networkEvents: {
        onTraffic: (host, traffic) => events.passed(spec.id, connection, host, traffic),
        onRefusal: onLogLine,
      },
      dataPath: own.dataPath,
      ...(own.isTest && { isTest: own.isTest }),
      initializeParams: params,
      timeoutMs: spec.requestTimeoutMs,
      memoryBytesMax: spec.memoryBytesMax,
      onRequest: own.onRequest,
      onFault: (kind, excerpt) => events.faulted(spec.id, kind, redact(excerpt)),
      onLogLine,
    };
    return { request, redact };
  }

  async pluginSecrets(spec: PluginSpec): Promise<Readonly<Record<string, string>>> {
    if (!spec.hasSecrets) return {};
    const context = { requestId: crypto.randomUUID() };
    return (await this.#deps.auth.getPluginSecrets(context, spec.id)).credentials;
  }

  async connectionSecrets(
    connection: RuntimeCall["connection"],
  ): Promise<ConnectionSecrets | undefined> {
    if (connection === undefined) return undefined;
    const context = { requestId: crypto.randomUUID() };
    return await this.#deps.auth.releaseConnectionSecrets(context, connection.ticket);
  }

  /** What a plugin's processes wrote to stderr. */
  logsOf(id: PluginId): RuntimeLogs {
    const tail = this.#logs.get(id);
    return tail === undefined
      ? { lines: [], dropped: 0 }
      : { lines: tail.latest(), dropped: tail.dropped };
  }

  remembered(): Iterable<PluginId> {
    return this.#logs.keys();
  }

  forget(id: PluginId): void {
    this.#logs.delete(id);
    this.#told.delete(id);
  }

  /** At a plugin's first start, and when it changes. */
  #tellIsolation(
    { id, name }: PluginSpec,
    { level, reason }: Placement & { readonly runnable: true },
  ): void {
    const text = `${level} ${reason}`;
    if (this.#told.get(id) === text) return;
    this.#told.set(id, text);
    const { logger } = this.#deps;
    // Not "level": that is the severity's name in every line.
    const values = { plugin: name, isolation: level, reason };
    if (level === 1) logger.warn("Plugin {plugin} runs at level {isolation}: {reason}", values);
    else logger.info("Plugin {plugin} runs at level {isolation}: {reason}", values);
  }

  #logOf(id: PluginId): LogTail {
    const tail = this.#logs.get(id) ?? new LogTail();
    this.#logs.set(id, tail);
    return tail;
  }
}
