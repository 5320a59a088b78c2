import { and, eq, isNull, lte, or, sql } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { oauthGrants } = schema;

export type OauthGrantRow = typeof oauthGrants.$inferSelect;

/** What a provider's answer says of a token's life. */
export interface GrantTimes {
  readonly obtainedAt: Date;
  readonly expiresAt: Date | null;
  readonly refreshAt: Date | null;
  readonly refreshable: boolean;
}

const settled = { failures: 0, leaseId: null, leaseUntil: null };

/** A new sign-in: an attempt to renew the former token that is under way loses its lease. */
export async function upsertGrant(
  db: Executor,
  connectionId: string,
  times: GrantTimes,
): Promise<void> {
  await db.insert(oauthGrants).values({ connectionId, ...times })
    .onConflictDoUpdate({ target: oauthGrants.connectionId, set: { ...times, ...settled } });
}

export async function findGrant(
  db: Executor,
  connectionId: string,
): Promise<OauthGrantRow | undefined> {
  return (await db.select().from(oauthGrants)
    .where(eq(oauthGrants.connectionId, connectionId)))[0];
}

export async function deleteGrant(db: Executor, connectionId: string): Promise<void> {
  await db.delete(oauthGrants).where(eq(oauthGrants.connectionId, connectionId));
}

/**
 * Takes the one attempt to renew a token that is due: undefined where it isn't, or another has it. A
 * lease that ran out is free again: its replica died.
 */
export async function claimRefresh(
  db: Executor,
  connectionId: string,
  lease: { id: string; now: Date; until: Date },
): Promise<OauthGrantRow | undefined> {
  const rows = await db.update(oauthGrants)
    .set({ leaseId: lease.id, leaseUntil: lease.until })
    .where(and(
      eq(oauthGrants.connectionId, connectionId),
      lte(oauthGrants.refreshAt, lease.now),
      or(isNull(oauthGrants.leaseUntil), lte(oauthGrants.leaseUntil, lease.now)),
    )).returning();
  return rows[0];
}

const heldBy = (connectionId: string, leaseId: string) =>
  and(eq(oauthGrants.connectionId, connectionId), eq(oauthGrants.leaseId, leaseId));

/** False when the lease was lost: to a new sign-in, a disconnect, or by taking too long. */
export async function settleGrant(
  db: Executor,
  connectionId: string,
  leaseId: string,
  times: GrantTimes,
): Promise<boolean> {
  const rows = await db.update(oauthGrants).set({ ...times, ...settled })
    .where(heldBy(connectionId, leaseId)).returning({ id: oauthGrants.connectionId });
  return rows.length > 0;
}

export async function postponeRefresh(
  db: Executor,
  connectionId: string,
  leaseId: string,
  refreshAt: Date,
): Promise<void> {
  await db.update(oauthGrants)
    .set({ ...settled, failures: sql`${oauthGrants.failures} + 1`, refreshAt })
    .where(heldBy(connectionId, leaseId));
}

/** False when the lease was lost. */
export async function deleteHeldGrant(
  db: Executor,
  connectionId: string,
  leaseId: string,
): Promise<boolean> {
  const rows = await db.delete(oauthGrants).where(heldBy(connectionId, leaseId))
    .returning({ id: oauthGrants.connectionId });
  return rows.length > 0;
}

/**
 * Makes the token due at once, where it can be renewed and nobody is at it; after an attempt that
 * failed the provider keeps its time to recover.
 */
export async function requestRefresh(db: Executor, connectionId: string, now: Date): Promise<void> {
  await db.update(oauthGrants).set({ refreshAt: now })
    .where(and(
      eq(oauthGrants.connectionId, connectionId),
      eq(oauthGrants.refreshable, true),
      eq(oauthGrants.failures, 0),
      isNull(oauthGrants.leaseId),
    ));
}
