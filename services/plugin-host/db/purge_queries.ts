import { createHash } from "node:crypto";
import { eq, gt, type SQL, sql } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
import type { Executor } from "./plugin_queries.ts";
import { callBuckets, egress, purged, traffic } from "./schema.ts";

export type Purged =
  | { readonly kind: "connection"; readonly id: ConnectionId }
  | { readonly kind: "user"; readonly id: UserId };

/** What is remembered of a purge. */
export interface PurgeRecord {
  /** Of the id, as {@linkcode purgeDigest} makes it. */
  readonly digest: string;
  readonly purgedAt: Date;
}

/** Between purges and the writers of what they delete: this service's locks, the first of them. */
const PURGE_LOCK = sql`${0x70686f73}::int, 1`;

/** SHA-256 of an id, hexadecimal. Ids are random, so that nobody finds one by trying. */
export function purgeDigest(id: string): string {
  return createHash("sha256").update(id.toLowerCase()).digest("hex");
}

/** The same in SQL, for a column or parameter of type uuid. */
const digestOf = (id: SQL) => sql`sha256(convert_to(${id}::text, 'UTF8'))`;

/** Whether one of these ids was purged; those that are null were not. */
export function isPurged(...ids: readonly SQL[]): SQL {
  return sql`exists (select from ${purged} where digest in (${
    sql.join(ids.map(digestOf), sql`, `)
  }))`;
}

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
    const digest = Uint8Array.fromHex(purgeDigest(id));
    await tx.insert(purged).values({ digest }).onConflictDoNothing();
    await tx.delete(egress).where(eq(kind === "user" ? egress.userId : egress.connectionId, id));
    await tx.delete(traffic).where(eq(kind === "user" ? traffic.userId : traffic.connectionId, id));
    await tx.delete(callBuckets).where(
      kind === "user" ? eq(callBuckets.userId, id) : eq(callBuckets.id, id),
    );
  });
}

/** Deletes the buckets of calls that came with a ticket from before their purge. */
export async function deleteLateBuckets(db: Executor): Promise<void> {
  await db.delete(callBuckets).where(isPurged(sql`${callBuckets.id}`, sql`${callBuckets.userId}`));
}

/** Purges since then; all that are remembered without a time. */
export async function listPurged(db: Executor, since: Date | undefined): Promise<PurgeRecord[]> {
  const rows = await db.select().from(purged)
    .where(since === undefined ? undefined : gt(purged.purgedAt, since));
  return rows.map(({ digest, purgedAt }) => ({ digest: digest.toHex(), purgedAt }));
}

export async function sweepPurged(db: Executor, seconds: number): Promise<void> {
  await db.delete(purged).where(
    sql`${purged.purgedAt} < now() - make_interval(secs => ${seconds})`,
  );
}
