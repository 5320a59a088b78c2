/** Deletes what has expired, again and again. Any number of replicas may do it at once: each connection is swept under its lock. */
import { TICKET_SECONDS_MAX } from "@codex/protocol";
import { describeError, type Logger, type Sql } from "@codex/service";
import { connectionsToSweep, sweepConnection, sweepPurges } from "./db/queries.ts";

/** Expired keys are invisible at once; until they are swept they only take room. */
export const SWEEP_INTERVAL_MS = 60_000;

/**
 * A purge is remembered for as long as a ticket of before it can count: its life, and as much again for
 * clocks that differ.
 */
const PURGE_MEMORY_SECONDS = 2 * TICKET_SECONDS_MAX;

const CONNECTIONS_PER_QUERY = 100;

/** Runs `task` once after `delayMs`; what it returns keeps it from running. */
export type Schedule = (task: () => void, delayMs: number) => () => void;

export const scheduleTimeout: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
};

/** Sweeps once: how many keys were deleted. Runs under the maintenance role. */
export async function sweep(sql: Sql): Promise<number> {
  let deleted = 0;
  for (;;) {
    const connections = await connectionsToSweep(sql, CONNECTIONS_PER_QUERY);
    for (const id of connections) deleted += await sweepConnection(sql, id);
    if (connections.length < CONNECTIONS_PER_QUERY) break;
  }
  await sweepPurges(sql, PURGE_MEMORY_SECONDS);
  return deleted;
}

export interface SweeperOptions {
  readonly sweep: () => Promise<number>;
  readonly schedule: Schedule;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

/**
 * Sweeps at an interval, counted from the end of one sweep to the start of the next.
 *
 * @returns stops it, when the sweep under way has ended
 */
export function startSweeping(options: SweeperOptions): () => Promise<void> {
  const { schedule, logger, intervalMs = SWEEP_INTERVAL_MS } = options;
  let stopped = false;
  let underWay = Promise.resolve();
  let cancel = schedule(run, intervalMs);

  function run(): void {
    underWay = sweepOnce().then(() => {
      if (!stopped) cancel = schedule(run, intervalMs);
    });
  }

  async function sweepOnce(): Promise<void> {
    try {
      const deleted = await options.sweep();
      if (deleted > 0) logger.info("Swept {deleted} expired keys", { deleted });
    } catch (error) {
      // The database may be gone for a while; the next sweep finds what this one left.
      logger.warn("Expired keys were not swept", describeError(error));
    }
  }

  return async () => {
    stopped = true;
    cancel();
    await underWay;
  };
}
