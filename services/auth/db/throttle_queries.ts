import { lt } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { rateLimits } = schema;

/** @param now milliseconds since 1970, as the counters have it */
export async function deleteExpiredCounters(db: Executor, now: number): Promise<void> {
  await db.delete(rateLimits).where(lt(rateLimits.expire, now));
}
