/** What happens to plugins outside of calls: noted for the administrator, bounded however often it happens. */
import type { Connection, PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import type { HostTraffic, RouteHost } from "../network/egress_broker.ts";
import type { ProcessEnd } from "../process/plugin_process.ts";
import type { PluginMemory } from "../registry/deleted_plugins.ts";
import type { PluginGrants } from "../registry/plugin_grants.ts";
import type { ProtocolFaultKind } from "../rpc/connection.ts";
import type { PluginEvents } from "../runtime/plugin_events.ts";
import type { EgressLedger } from "./egress_ledger.ts";
import type { FaultKeeper } from "./fault_keeper.ts";
import type { TrafficLedger } from "./traffic_ledger.ts";

/** Protocol faults of one plugin within this time are one failure. */
const FAULTS_EVERY_MS = 10_000;

/** What is made after the runtime that tells of events is asked for late. */
export interface EventDeps {
  readonly faults: () => FaultKeeper;
  readonly ledger: EgressLedger;
  readonly traffic: TrafficLedger;
  readonly grants: () => PluginGrants;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class RecordedEvents implements PluginEvents, PluginMemory {
  readonly #deps: EventDeps;
  readonly #faultAt = new Map<PluginId, number>();

  constructor(deps: EventDeps) {
    this.#deps = deps;
  }

  initializing(id: PluginId, connection: Connection | undefined, params: object): void {
    this.#deps.ledger.note({
      pluginId: id,
      connectionId: connection?.id,
      userId: connection?.userId,
      method: "initialize",
      params,
    });
  }

  started(id: PluginId, manifest: unknown): void {
    this.#inBackground(this.#deps.grants().noteManifest(id, manifest));
  }

  crashed(id: PluginId, { exit, reason }: ProcessEnd): void {
    const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
    this.#record(id, "crashed", reason ?? `The process ended by itself (${how})`);
  }

  passed(
    id: PluginId,
    connection: Connection | undefined,
    host: RouteHost,
    traffic: HostTraffic,
  ): void {
    this.#deps.traffic.note(id, connection, host, traffic);
  }

  faulted(id: PluginId, kind: ProtocolFaultKind, excerpt: string): void {
    // The call whose reply it was fails of it, and is recorded.
    if (kind === "malformed-reply") return;
    const last = this.#faultAt.get(id) ?? Number.NEGATIVE_INFINITY;
    if (this.#deps.now() - last < FAULTS_EVERY_MS) return;
    this.#faultAt.set(id, this.#deps.now());
    this.#record(id, kind, `Broke the protocol: ${kind}${excerpt === "" ? "" : `: ${excerpt}`}`);
  }

  remembered(): Iterable<PluginId> {
    return this.#faultAt.keys();
  }

  forget(id: PluginId): void {
    this.#faultAt.delete(id);
  }

  #record(pluginId: PluginId, errorCode: string, errorMessage: string): void {
    const { faults, logger } = this.#deps;
    logger.warn("Plugin {pluginId}: {reason}", { pluginId, reason: errorMessage });
    faults().record({
      pluginId,
      method: undefined,
      errorCode,
      errorMessage,
      requestSummary: undefined,
    }, "plugin");
  }

  async #inBackground(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#deps.logger.error("An event of a plugin was not recorded", describeError(error));
    }
  }
}
