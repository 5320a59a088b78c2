/**
 * The ledger of what left for plugins (security.md: "What may leave"). Kept in memory for a moment and
 * written in batches beside the calls, so a crash loses at most a second of it.
 */
import type { ConnectionId, PluginId, UserId } from "@codex/protocol";
import type { Logger } from "@codex/service";
import { insertEgress, type NewEgress } from "../db/egress_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import { sentShape } from "../domain/egress_fields.ts";

/** One message with data that went to a plugin. */
export interface Sent {
  readonly pluginId: PluginId;
  /** Of a user plugin. */
  readonly connectionId: ConnectionId | undefined;
  /** Whose connection it is, or who asked; undefined where nobody did. */
  readonly userId: UserId | undefined;
  readonly method: string;
  /** As they were sent; they must not change afterwards. */
  readonly params: object;
}

/** From the end of one batch to the start of the next. */
export const EGRESS_EVERY_MS = 500;

/** Rows that wait for a database that is away; beyond, the oldest are lost. */
const WAITING_MAX = 50_000;

export interface EgressLedgerDeps {
  readonly db: Executor;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class EgressLedger {
  readonly #deps: EgressLedgerDeps;
  /** Not yet looked at: that costs time, and a call is under way. */
  #sent: (Sent & { readonly at: number })[] = [];
  #rows: NewEgress[] = [];

  constructor(deps: EgressLedgerDeps) {
    this.#deps = deps;
  }

  note(sent: Sent): void {
    this.#sent.push({ ...sent, at: this.#deps.now() });
    // So much is sent at once that its parameters should not be held on to.
    if (this.#sent.length >= WAITING_MAX / 10) this.#summarize();
  }

  /** Writes what has been noted. What can't be written now is kept for the next time. */
  async flush(): Promise<void> {
    this.#summarize();
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    try {
      await insertEgress(this.#deps.db, rows);
    } catch (error) {
      this.#rows = rows.concat(this.#rows);
      throw error;
    }
  }

  #summarize(): void {
    for (const { params, at, ...sent } of this.#sent.splice(0)) {
      const shape = sentShape(params);
      if (shape.fields.length === 0) continue;
      this.#rows.push({ ...sent, ...shape, occurredAt: new Date(at).toISOString() });
    }
    const excess = this.#rows.length - WAITING_MAX;
    if (excess <= 0) return;
    this.#rows.splice(0, excess);
    this.#deps.logger.error("{excess} entries of the egress ledger are lost", { excess });
  }
}
