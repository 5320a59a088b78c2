/** Deletes what has expired, again and again. Any number of replicas may do it at once: each connection is swept under its lock. */
import { TICKET_SECONDS_MAX } from "@codex/protocol";
import type { Logger, RepeatedTask } from "@codex/service";
import type { Sql } from "@codex/service/database";
import { connectionsToSweep, sweepConnection, sweepPurges } from "./db/queries.ts";

/** Expired keys are invisible at once; until they are swept they only take room. */
const SWEEP_EVERY_MS = 60_000;

/**
 * A purge is remembered for as long as a ticket of before it can count: its life, and as much again for
 * clocks that differ.
 */
const PURGE_MEMORY_SECONDS = 2 * TICKET_SECONDS_MAX;

const CONNECTIONS_PER_QUERY = 100;

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

/** Sweeps again and again while the service is up. */
export function sweepingTask(sql: Sql, logger: Logger): RepeatedTask {
  return {
    name: "sweep",
    everyMs: SWEEP_EVERY_MS,
    async run() {
      const deleted = await sweep(sql);
      if (deleted > 0) logger.info("Swept {deleted} expired keys", { deleted });
    },
  };
}
