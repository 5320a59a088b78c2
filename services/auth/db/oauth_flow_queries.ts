import { and, asc, eq, gt, lt } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { oauthExchanges, oauthFlows } = schema;

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

/**
 * Uses a state up: of any number of callers with the same one, one gets the flow. From here on it is an
 * exchange, until {@linkcode endExchange}.
 */
export async function takeOauthFlow(
  db: Executor,
  stateHash: Uint8Array,
  startedAt: Date,
): Promise<OauthFlowRow | undefined> {
  return await db.transaction(async (tx) => {
    const [flow] = await tx.delete(oauthFlows).where(eq(oauthFlows.stateHash, stateHash))
      .returning();
    if (flow === undefined) return undefined;
    const { id, userId, pluginId } = flow;
    await tx.insert(oauthExchanges).values({ id, userId, pluginId, startedAt });
    return flow;
  });
}

/** False where it was called off. */
export async function endExchange(db: Executor, id: string): Promise<boolean> {
  const rows = await db.delete(oauthExchanges).where(eq(oauthExchanges.id, id))
    .returning({ id: oauthExchanges.id });
  return rows.length > 0;
}

/** Ends the sign-ins that are under way: of a user, at a plugin's provider, or of one at the other. */
export async function callOffSignIns(
  db: Executor,
  of: { userId: string; pluginId?: string } | { userId?: string; pluginId: string },
): Promise<void> {
  for (const table of [oauthFlows, oauthExchanges]) {
    await db.delete(table).where(and(
      of.pluginId === undefined ? undefined : eq(table.pluginId, of.pluginId),
      of.userId === undefined ? undefined : eq(table.userId, of.userId),
    ));
  }
}

/** Flows that ended before, and exchanges that broke off. */
export async function deleteFlowsEndedBefore(db: Executor, end: Date): Promise<void> {
  await db.delete(oauthFlows).where(lt(oauthFlows.expiresAt, end));
  await db.delete(oauthExchanges).where(lt(oauthExchanges.startedAt, end));
}
