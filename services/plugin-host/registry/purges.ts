/** The end of connections and users on this replica, whichever replica was told of it. */
import { TICKET_SECONDS_MAX } from "@codex/protocol";
import {
  deleteLateBuckets,
  listPurged,
  purge,
  type Purged,
  purgeDigest,
} from "../db/purge_queries.ts";
import type { Executor } from "../db/plugin_queries.ts";
import type { PluginRuntime } from "./runtime.ts";

/**
 * A purge is remembered for as long as a ticket of before it can count: its life, and as much again for
 * clocks that differ. Nothing new of the connection comes after that.
 */
export const PURGE_MEMORY_SECONDS = 2 * TICKET_SECONDS_MAX;

/** A replica that followed no purges for longer may have missed one. */
const AWAY_MS_MAX = PURGE_MEMORY_SECONDS * 1000 / 2;

/** Looked at again, because a transaction commits later than the time it notes. */
const OVERLAP_MS = 60_000;

/** Between two notes on disk that purges are followed. */
const NOTE_EVERY_MS = 30_000;

export interface PurgesDeps {
  readonly db: Executor;
  readonly runtime: Pick<PluginRuntime, "purge">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Says until when the purges of the data folders beside it were followed, over restarts. */
  readonly notePath: string;
}

export class Purges {
  readonly #deps: PurgesDeps;
  /** Digests that were followed here, of those that are still looked at. */
  #followed = new Set<string>();
  #latest: Date | undefined;
  #followedAt: number | undefined;
  #notedAt = -Infinity;

  constructor(deps: PurgesDeps) {
    this.#deps = deps;
  }

  /** Ends processes and deletes everything that is kept; other replicas follow by {@linkcode follow}. */
  async purge(gone: Purged): Promise<void> {
    await purge(this.#deps.db, gone);
    await this.#deps.runtime.purge((id) => id === gone.id);
  }

  /**
   * Does on this replica what others were told to. After having been away for long it can't know whom
   * it missed, and begins without anything of anybody: data folders may be empty at any start
   * (architecture.md: "State, replicas and scale").
   */
  async follow(): Promise<void> {
    const { db, runtime, now } = this.#deps;
    const startedAt = now();
    this.#followedAt ??= await this.#readNote();
    if (startedAt - this.#followedAt > AWAY_MS_MAX) await runtime.purge(() => true);
    const since = this.#latest && new Date(this.#latest.getTime() - OVERLAP_MS);
    const records = await listPurged(db, since);
    const digests = new Set(records.map(({ digest }) => digest));
    const fresh = digests.difference(this.#followed);
    if (fresh.size > 0) await runtime.purge((id) => fresh.has(purgeDigest(id)));
    if (digests.size > 0) await deleteLateBuckets(db);
    for (const { purgedAt } of records) {
      if (this.#latest === undefined || purgedAt > this.#latest) this.#latest = purgedAt;
    }
    this.#followed = digests;
    this.#followedAt = startedAt;
    await this.#note(startedAt);
  }

  /** Milliseconds since 1970; long ago where nothing is noted. */
  async #readNote(): Promise<number> {
    const text = await Deno.readTextFile(this.#deps.notePath).catch(() => "");
    const noted = Date.parse(text);
    return Number.isNaN(noted) ? -Infinity : noted;
  }

  async #note(at: number): Promise<void> {
    if (at - this.#notedAt < NOTE_EVERY_MS) return;
    await Deno.writeTextFile(this.#deps.notePath, new Date(at).toISOString(), { mode: 0o600 });
    this.#notedAt = at;
  }
}
