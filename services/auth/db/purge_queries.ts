import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { purgesOwed } = schema;

export type PurgeRow = typeof purgesOwed.$inferSelect;
export type NewPurgeRow = Pick<
  typeof purgesOwed.$inferInsert,
  "service" | "kind" | "subjectId" | "userId" | "pluginId"
>;

/** One that is owed already is owed anew: whoever is at it may have begun before the reason for this one. */
export async function insertPurges(
  db: Executor,
  purges: readonly NewPurgeRow[],
  at: Date,
): Promise<void> {
  if (purges.length === 0) return;
  await db.insert(purgesOwed)
    .values(purges.map((purge) => ({ ...purge, nextAttemptAt: at, createdAt: at })))
    .onConflictDoUpdate({
      target: [purgesOwed.service, purgesOwed.kind, purgesOwed.subjectId],
      // Another id, so that the acknowledgement of that attempt doesn't end this row.
      set: { id: sql`excluded.id`, attempts: 0, nextAttemptAt: at },
    });
}

/**
 * Takes purges that are due for one attempt: until `leaseUntil` no other replica takes them, and one
 * whose worker died is taken again after it.
 */
export async function claimDuePurges(
  db: Executor,
  now: Date,
  leaseUntil: Date,
  limit: number,
): Promise<PurgeRow[]> {
  const due = db.select({ id: purgesOwed.id }).from(purgesOwed)
    .where(lte(purgesOwed.nextAttemptAt, now)).orderBy(asc(purgesOwed.nextAttemptAt))
    .limit(limit).for("update", { skipLocked: true });
  return await db.update(purgesOwed)
    .set({ attempts: sql`${purgesOwed.attempts} + 1`, nextAttemptAt: leaseUntil })
    .where(inArray(purgesOwed.id, due)).returning();
}

export async function deletePurge(db: Executor, id: string): Promise<void> {
  await db.delete(purgesOwed).where(eq(purgesOwed.id, id));
}

export async function postponePurge(db: Executor, id: string, until: Date): Promise<void> {
  await db.update(purgesOwed).set({ nextAttemptAt: until }).where(eq(purgesOwed.id, id));
}

/** Plugin and service of each purge owed for a former connection of the user. */
export async function listOwedOfConnections(
  db: Executor,
  userId: string,
): Promise<{ pluginId: string | null; service: string }[]> {
  return await db.selectDistinct({ pluginId: purgesOwed.pluginId, service: purgesOwed.service })
    .from(purgesOwed)
    .where(and(eq(purgesOwed.userId, userId), eq(purgesOwed.kind, "connection")))
    .orderBy(purgesOwed.pluginId, purgesOwed.service);
}
