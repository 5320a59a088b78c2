/** What happens to plugins outside of calls: noted for the administrator, bounded however often it happens. */
import type { PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import { recordFailure } from "../db/failure_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import type { ProcessEnd } from "../process/plugin_process.ts";
import type { PluginGrants } from "../registry/plugin_grants.ts";
import type { ProtocolFaultKind } from "../rpc/connection.ts";
import type { PluginEvents } from "../runtime/plugin_runtime.ts";

/** Protocol faults of one plugin within this time are one failure. */
const FAULTS_EVERY_MS = 10_000;

export interface EventDeps {
  readonly db: Executor;
  /** Made after the runtime that tells of events, so it is asked for late. */
  readonly grants: () => PluginGrants;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class RecordedEvents implements PluginEvents {
  readonly #deps: EventDeps;
  readonly #faultAt = new Map<PluginId, number>();

  constructor(deps: EventDeps) {
    this.#deps = deps;
  }

  started(id: PluginId, manifest: unknown): void {
    this.#inBackground(this.#deps.grants().noteManifest(id, manifest));
  }

  crashed(id: PluginId, { exit }: ProcessEnd): void {
    const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
    this.#record(id, "crashed", `The process ended by itself (${how})`);
  }

  faulted(id: PluginId, kind: ProtocolFaultKind, excerpt: string): void {
    const last = this.#faultAt.get(id) ?? Number.NEGATIVE_INFINITY;
    if (this.#deps.now() - last < FAULTS_EVERY_MS) return;
    this.#faultAt.set(id, this.#deps.now());
    this.#record(id, kind, `Broke the protocol: ${kind}${excerpt === "" ? "" : `: ${excerpt}`}`);
  }

  #record(pluginId: PluginId, errorCode: string, errorMessage: string): void {
    const { db, logger, now } = this.#deps;
    logger.warn("Plugin {pluginId}: {reason}", { pluginId, reason: errorMessage });
    this.#inBackground(recordFailure(db, {
      pluginId,
      occurredAt: new Date(now()),
      method: undefined,
      errorCode,
      errorMessage,
      requestSummary: undefined,
      counts: true,
    }));
  }

  async #inBackground(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#deps.logger.error("An event of a plugin was not recorded", describeError(error));
    }
  }
}
