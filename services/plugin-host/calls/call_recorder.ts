/** Keeps what calls tell about a plugin's health, without a statement for every call that went well. */
import type { JsonObject, PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import { recordFailure, recordSuccess } from "../db/failure_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import type { CallMetrics } from "./metrics.ts";
import type { Fault } from "./outcome.ts";
import { summarize } from "./request_summary.ts";

/** A plugin that is well writes its last success at most this often. */
const SUCCESS_EVERY_MS = 60_000;

export interface CalledPlugin {
  readonly id: PluginId;
  readonly name: string;
  /** A success ends a row of faults at once. */
  readonly isUnwell: boolean;
}

export interface RecorderDeps {
  readonly db: Executor;
  readonly metrics: CallMetrics;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class CallRecorder {
  readonly #deps: RecorderDeps;
  readonly #successAt = new Map<PluginId, number>();

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  succeeded(plugin: CalledPlugin, method: string, latencyMs: number): void {
    const { metrics, now, db } = this.#deps;
    metrics.record(plugin, method, latencyMs, false);
    const last = this.#successAt.get(plugin.id) ?? 0;
    if (!plugin.isUnwell && now() - last < SUCCESS_EVERY_MS) return;
    this.#successAt.set(plugin.id, now());
    this.#inBackground(recordSuccess(db, plugin.id, new Date(now())));
  }

  /** Resolves when it is written: whoever is told of a failure finds it in the list. */
  async failed(
    plugin: CalledPlugin,
    call: { method: string; params: JsonObject; latencyMs: number },
    fault: Fault,
  ): Promise<void> {
    const { metrics, logger, now, db } = this.#deps;
    metrics.record(plugin, call.method, call.latencyMs, true);
    logger.warn('Plugin "{plugin}" failed in {method}: {reason}', {
      plugin: plugin.name,
      method: call.method,
      reason: fault.message,
      code: fault.code,
    });
    if (fault.weight === "none") return;
    this.#successAt.delete(plugin.id);
    const write = recordFailure(db, {
      pluginId: plugin.id,
      occurredAt: new Date(now()),
      method: call.method,
      errorCode: fault.code,
      errorMessage: fault.message.slice(0, 2000),
      requestSummary: summarize(call.params),
      counts: fault.weight === "plugin",
    });
    // The caller waits for its own outcome first of all: a slow database must not hold it up long.
    await this.#inBackground(write);
  }

  async #inBackground(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      this.#deps.logger.error("A call's outcome was not recorded", describeError(error));
    }
  }
}
