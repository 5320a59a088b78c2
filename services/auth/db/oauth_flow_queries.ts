import { and, asc, eq, gt, lt } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { oauthFlows } = schema;

export type OauthFlowRow = typeof oauthFlows.$inferSelect;

export async function insertOauthFlow(
  db: Executor,
  flow: typeof oauthFlows.$inferInsert,
): Promise<void> {
  await db.insert(oauthFlows).values(flow);
}

/** When each pending flow of the user ends, the first one first. */
export async function listPendingFlowEnds(
  db: Executor,
  userId: string,
  now: Date,
): Promise<Date[]> {
  const rows = await db.select({ expiresAt: oauthFlows.expiresAt }).from(oauthFlows)
    .where(and(eq(oauthFlows.userId, userId), gt(oauthFlows.expiresAt, now)))
    .orderBy(asc(oauthFlows.expiresAt));
  return rows.map((row) => row.expiresAt);
}

/** Uses a state up: of any number of callers with the same one, one gets the flow. */
export async function takeOauthFlow(
  db: Executor,
  stateHash: Uint8Array,
): Promise<OauthFlowRow | undefined> {
  return (await db.delete(oauthFlows).where(eq(oauthFlows.stateHash, stateHash)).returning())[0];
}

/** Of a user, a plugin, or of one with the other. */
export async function deleteOauthFlows(
  db: Executor,
  of: { userId?: string; pluginId: string },
): Promise<void> {
  await db.delete(oauthFlows).where(and(
    eq(oauthFlows.pluginId, of.pluginId),
    of.userId === undefined ? undefined : eq(oauthFlows.userId, of.userId),
  ));
}

export async function deleteFlowsEndedBefore(db: Executor, end: Date): Promise<void> {
  await db.delete(oauthFlows).where(lt(oauthFlows.expiresAt, end));
}
