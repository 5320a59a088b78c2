import { eq, gt, sql } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
import type { Executor } from "./plugin_queries.ts";
import { callBuckets, egress, purged } from "./schema.ts";

export type Purged =
  | { readonly kind: "connection"; readonly id: ConnectionId }
  | { readonly kind: "user"; readonly id: UserId };

/** Between purges and the writers of what they delete: this service's locks, the first of them. */
const PURGE_LOCK = sql`${0x70686f73}::int, 1`;

/**
 * Makes writers wait until purges under way are done, and purges until writers are: a row that is written
 * beside a purge would outlive it.
 */
export async function lockPurges(tx: Executor, how: "shared" | "exclusive"): Promise<void> {
  await tx.execute(
    how === "shared"
      ? sql`select pg_advisory_xact_lock_shared(${PURGE_LOCK})`
      : sql`select pg_advisory_xact_lock(${PURGE_LOCK})`,
  );
}

/** Deletes what is kept of a connection or a user and remembers that they are gone. Idempotent. */
export async function purge(db: Executor, { kind, id }: Purged): Promise<void> {
  await db.transaction(async (tx) => {
    await lockPurges(tx, "exclusive");
    await tx.insert(purged).values({ id, kind }).onConflictDoNothing();
    await tx.delete(egress).where(eq(kind === "user" ? egress.userId : egress.connectionId, id));
    await tx.delete(callBuckets).where(
      kind === "user" ? eq(callBuckets.userId, id) : eq(callBuckets.id, id),
    );
  });
}

/** Who was purged since; all that are remembered without a time. */
export async function listPurged(db: Executor, since: Date | undefined): Promise<
  (Purged & { readonly purgedAt: Date })[]
> {
  const rows = await db.select().from(purged)
    .where(since === undefined ? undefined : gt(purged.purgedAt, since));
  return rows.map(({ id, kind, purgedAt }) =>
    kind === "user"
      ? { kind, id: id as UserId, purgedAt }
      : { kind: "connection", id: id as ConnectionId, purgedAt }
  );
}

/** Forgets purges that every replica has followed long since. */
export async function sweepPurged(db: Executor, days: number): Promise<void> {
  await db.delete(purged).where(
    sql`${purged.purgedAt} < now() - make_interval(days => ${days})`,
  );
}
