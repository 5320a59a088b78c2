/** Keeps what calls tell about a plugin's health, without a statement for every call that went well. */
import type { JsonObject, PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import { recordSuccess } from "../db/failure_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import type { PluginMemory } from "../registry/deleted_plugins.ts";
import { isWork } from "../rpc/answer_record.ts";
import type { FaultKeeper } from "./fault_keeper.ts";
import type { CallMetrics } from "./metrics.ts";
import type { Fault } from "./outcome.ts";
import { summarize } from "./request_summary.ts";

/** A plugin that is well writes its last success at most this often. */
const SUCCESS_EVERY_MS = 60_000;

export interface CalledPlugin {
  readonly id: PluginId;
  readonly name: string;
  /** Not known to be healthy: a success is written at once. */
  readonly isUnwell: boolean;
}

export interface RecorderDeps {
  readonly db: Executor;
  readonly faults: FaultKeeper;
  readonly metrics: CallMetrics;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class CallRecorder implements PluginMemory {
  readonly #deps: RecorderDeps;
  readonly #successAt = new Map<PluginId, number>();
  /** The latest write for each plugin, done or under way; never rejects. */
  readonly #successWrites = new Map<PluginId, Promise<void>>();
  readonly #recorded = new WeakMap<object, Promise<void>>();

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** Resolves at once, or when it is written where it changes how well the plugin is. */
  async succeeded(plugin: CalledPlugin, method: string, latencyMs: number): Promise<void> {
    const { metrics, now, db } = this.#deps;
    metrics.record(plugin, method, latencyMs, false);
    const last = this.#successAt.get(plugin.id) ?? 0;
    if (!plugin.isUnwell && now() - last < SUCCESS_EVERY_MS) return;
    this.#successAt.set(plugin.id, now());
    const write = this.#inBackground(recordSuccess(db, plugin.id, isWork(method)));
    this.#successWrites.set(plugin.id, write);
    if (plugin.isUnwell) await write;
  }

  /**
   * Resolves when it is written: whoever is told of a failure finds it in the list.
   *
   * @param cause what was thrown, or stands for it: a crash or a hang that strikes many calls is
   * one fault
   */
  async failed(
    plugin: CalledPlugin,
    call: { method: string; params: JsonObject; latencyMs: number },
    fault: Fault,
    cause: object,
  ): Promise<void> {
    const { metrics, logger, faults } = this.#deps;
    metrics.record(plugin, call.method, call.latencyMs, true);
    if (fault.weight === "none") return;
    const recorded = this.#recorded.get(cause);
    if (recorded !== undefined) return await recorded;
    logger.warn("Plugin {plugin} failed in {method}: {reason}", {
      plugin: plugin.name,
      method: call.method,
      reason: fault.message,
      code: fault.code,
    });
    this.#successAt.delete(plugin.id);
    const failure = {
      pluginId: plugin.id,
      method: call.method,
      errorCode: fault.code,
      errorMessage: fault.message,
      requestSummary: summarize(call.params),
    };
    const { weight } = fault;
    // An earlier success that is still being written must not end the row that begins here.
    const before = this.#successWrites.get(plugin.id) ?? Promise.resolve();
    const record = before.then(() => faults.record(failure, weight));
    this.#recorded.set(cause, record);
    await record;
  }

  remembered(): Iterable<PluginId> {
    return this.#successWrites.keys();
  }

  forget(id: PluginId): void {
    this.#successAt.delete(id);
    this.#successWrites.delete(id);
  }

  async #inBackground(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      this.#deps.logger.error("A call's outcome was not recorded", describeError(error));
    }
  }
}
