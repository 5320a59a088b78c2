/** Deletes what is kept for a time only. Any number of replicas may do it at once. */
import { sweepBuckets } from "./db/bucket_queries.ts";
import { sweepEgress } from "./db/egress_queries.ts";
import type { Executor } from "./db/plugin_queries.ts";
import { sweepTraffic } from "./db/traffic_queries.ts";
import { sweepPurged } from "./db/purge_queries.ts";
import { sweepWithdrawn } from "./db/withdrawal_queries.ts";
import { PURGE_MEMORY_SECONDS } from "./registry/purges.ts";

/** The egress ledger is kept for so long, by call and by host. */
export const EGRESS_DAYS = 30;
const ROWS_AT_ONCE = 5000;

export async function sweep(db: Executor): Promise<void> {
  while (await sweepEgress(db, EGRESS_DAYS, ROWS_AT_ONCE) === ROWS_AT_ONCE);
  while (await sweepTraffic(db, EGRESS_DAYS, ROWS_AT_ONCE) === ROWS_AT_ONCE);
  await sweepBuckets(db);
  await sweepPurged(db, PURGE_MEMORY_SECONDS);
  await sweepWithdrawn(db, PURGE_MEMORY_SECONDS);
}
