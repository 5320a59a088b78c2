import { sql } from "drizzle-orm";
import type { ConnectionId } from "@codex/protocol";
import type { Executor } from "./plugin_queries.ts";
import { purgeDigest } from "./purge_queries.ts";
import { withdrawn } from "./schema.ts";

/**
 * Remembers that processes of the connection which were started before `revision` are to end.
 * Idempotent, and an older withdrawal that comes late changes nothing.
 */
export async function insertWithdrawal(
  db: Executor,
  id: ConnectionId,
  revision: number,
): Promise<void> {
  await db.insert(withdrawn)
    .values({ digest: Uint8Array.fromHex(purgeDigest(id)), revision })
    .onConflictDoUpdate({
      target: withdrawn.digest,
      set: {
        revision: sql`greatest(${withdrawn.revision}, excluded.revision)`,
        withdrawnAt: sql`now()`,
      },
    });
}

/** The revision before which processes end, by the digest that `purgeDigest` makes of the id. */
export async function listWithdrawn(db: Executor): Promise<ReadonlyMap<string, number>> {
  const rows = await db.select().from(withdrawn);
  return new Map(rows.map(({ digest, revision }) => [digest.toHex(), revision]));
}

/** By then every replica has followed, and no ticket of before counts any more. */
export async function sweepWithdrawn(db: Executor, seconds: number): Promise<void> {
  await db.delete(withdrawn).where(
    sql`${withdrawn.withdrawnAt} < now() - make_interval(secs => ${seconds})`,
  );
}
