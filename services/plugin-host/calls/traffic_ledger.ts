/**
 * The ledger of what passed between plugins and each host that they were granted. Summed in memory
 * and written beside the calls, so a crash loses at most a second of it.
 */
import type { Connection, PluginId } from "@codex/protocol";
import type { Logger } from "@codex/service";
import type { Executor } from "../db/plugin_queries.ts";
import { addTraffic, type NewTraffic } from "../db/traffic_queries.ts";
import type { HostTraffic, RouteHost } from "../network/egress_broker.ts";

export interface TrafficLedgerDeps {
  readonly db: Executor;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Sums that wait for a database that is away; what else comes then is lost. */
const WAITING_MAX = 50_000;

export class TrafficLedger {
  readonly #deps: TrafficLedgerDeps;
  /** By plugin, connection, day and host. */
  #sums = new Map<string, NewTraffic>();

  constructor(deps: TrafficLedgerDeps) {
    this.#deps = deps;
  }

  /** @param connection whose process it was; undefined for one that all share */
  note(
    pluginId: PluginId,
    connection: Pick<Connection, "id" | "userId"> | undefined,
    host: RouteHost,
    traffic: HostTraffic,
  ): void {
    const lastAt = new Date(this.#deps.now()).toISOString();
    this.#add({
      pluginId,
      connectionId: connection?.id,
      userId: connection?.userId,
      day: lastAt.slice(0, "2000-01-01".length),
      host: entryOf(host),
      ...traffic,
      lastAt,
    });
  }

  /** Writes what has been noted. What can't be written now is kept for the next time. */
  async flush(): Promise<void> {
    if (this.#sums.size === 0) return;
    const rows = [...this.#sums.values()];
    this.#sums = new Map();
    try {
      await addTraffic(this.#deps.db, rows);
    } catch (error) {
      for (const row of rows) this.#add(row);
      throw error;
    }
  }

  #add(row: NewTraffic): void {
    const { pluginId, connectionId, day, host } = row;
    const key = `${pluginId} ${connectionId ?? ""} ${day} ${host}`;
    const sum = this.#sums.get(key);
    if (sum === undefined && this.#sums.size >= WAITING_MAX) {
      this.#deps.logger.error("Traffic with {host} is lost to the egress ledger", { host });
      return;
    }
    this.#sums.set(key, sum === undefined ? row : plus(sum, row));
  }
}

function plus(one: NewTraffic, other: NewTraffic): NewTraffic {
  return {
    ...one,
    connections: one.connections + other.connections,
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    refusals: one.refusals + other.refusals,
    lastAt: one.lastAt > other.lastAt ? one.lastAt : other.lastAt,
  };
}

/** As grants have it, always with the port. */
function entryOf({ host, port }: RouteHost): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
