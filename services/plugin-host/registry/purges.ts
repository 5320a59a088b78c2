/** The end of connections and users on this replica, whichever replica was told of it. */
import { listPurged, purge, type Purged } from "../db/purge_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import type { PluginRuntime } from "./runtime.ts";

/** Looked at again, because a transaction commits later than the time it notes. */
const OVERLAP_MS = 60_000;

export interface PurgesDeps {
  readonly db: Executor;
  readonly runtime: PluginRuntime;
}

export class Purges {
  readonly #deps: PurgesDeps;
  /** Followed here, of those that are still looked at. */
  #followed = new Set<string>();
  #latest: Date | undefined;

  constructor(deps: PurgesDeps) {
    this.#deps = deps;
  }

  /** Ends processes and deletes everything that is kept; other replicas follow by {@linkcode follow}. */
  async purge(gone: Purged): Promise<void> {
    await purge(this.#deps.db, gone);
    await this.#purgeHere(gone);
  }

  /** Does on this replica what others were told to; at the first run, all that it may have missed. */
  async follow(): Promise<void> {
    const since = this.#latest && new Date(this.#latest.getTime() - OVERLAP_MS);
    const rows = await listPurged(this.#deps.db, since);
    for (const gone of rows) {
      if (!this.#followed.has(gone.id)) await this.#purgeHere(gone);
      if (this.#latest === undefined || gone.purgedAt > this.#latest) this.#latest = gone.purgedAt;
    }
    this.#followed = new Set(rows.map(({ id }) => id));
  }

  async #purgeHere({ kind, id }: Purged): Promise<void> {
    const { runtime } = this.#deps;
    if (kind === "user") await runtime.purgeUser(id);
    else await runtime.purgeConnection(id);
  }
}
