/** Everything that sync works with, injected; made in `main.ts`, and by tests. */
import type { AuthService, LibraryService, PluginHostService, PluginId } from "@codex/protocol";
import type { Identity, Logger, ReadinessCheck } from "@codex/service";
import type { Executor, SyncDatabase } from "./db/database.ts";
import type { PullLimits } from "./domain/page_guard.ts";

/** Jobs name a run's plugin, so that none has all workers. */
export interface DueRun {
  readonly id: string;
  readonly pluginId: PluginId;
}

/** Where work waits for whichever replica takes it up. */
export interface JobQueue {
  /**
   * Has a run taken up, by the same transaction that makes it due.
   *
   * @param startAfter not before; at once when absent
   */
  enqueueRun(tx: Executor, run: DueRun, startAfter?: Date): Promise<void>;
}

/** What a run works with. */
export interface RunDeps {
  readonly db: SyncDatabase;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A random UUID. */
  readonly newId: () => string;
  readonly auth: Pick<AuthService, "issueTicket" | "reportAuthFailure" | "listConnections">;
  readonly library: Pick<
    LibraryService,
    "streamEngagement" | "applyProgress" | "listLibraryEntries"
  >;
  readonly pluginHost: Pick<PluginHostService, "getPlugin" | "callPlugin">;
  readonly jobs: JobQueue;
  readonly pullLimits: PullLimits;
  /** How long a run belongs to its taker without a sign of life, in milliseconds. */
  readonly leaseMs: number;
}

export interface SyncDeps extends RunDeps {
  readonly identity: Identity;
  readonly library: RunDeps["library"] & Pick<LibraryService, "getSeriesName" | "findHeldIds">;
  readonly pluginHost: RunDeps["pluginHost"] & Pick<PluginHostService, "listPlugins">;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
}
