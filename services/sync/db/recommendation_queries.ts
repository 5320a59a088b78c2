/** What plugins recommend, and what readers don't want to see again. */
import { and, asc, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import { type ConnectionId, Recommendation, type UserId } from "@codex/protocol";
import { z } from "zod";
import type { ConnectionRef } from "./connection_queries.ts";
import { arrayOf, type Executor, rowsOf, schema } from "./database.ts";

const { recommendationLists, dismissals } = schema;

export interface RecommendationListRow {
  readonly items: readonly Recommendation[];
  readonly generatedAt: Date | undefined;
  readonly error: string | undefined;
}

export type DismissalRow = typeof dismissals.$inferSelect;

const Items = z.array(Recommendation);

/** By connection. */
export async function findLists(
  db: Executor,
  userId: UserId,
): Promise<Map<string, RecommendationListRow>> {
  const rows = await db.select().from(recommendationLists)
    .where(eq(recommendationLists.userId, userId));
  return new Map(rows.map((row) => [row.connectionId, {
    items: Items.parse(row.items),
    generatedAt: row.generatedAt ?? undefined,
    error: row.error ?? undefined,
  }]));
}

export async function saveList(
  tx: Executor,
  connection: ConnectionRef,
  items: readonly Recommendation[],
  generatedAt: Date,
): Promise<void> {
  const values = { items, generatedAt, error: null };
  await tx.insert(recommendationLists).values({ ...connection, ...values })
    .onConflictDoUpdate({ target: recommendationLists.connectionId, set: values });
}

/** The list before stands. */
export async function saveListError(
  tx: Executor,
  connection: ConnectionRef,
  error: string,
): Promise<void> {
  await tx.insert(recommendationLists).values({ ...connection, error })
    .onConflictDoUpdate({ target: recommendationLists.connectionId, set: { error } });
}

export interface Dismissal {
  readonly connectionId: ConnectionId;
  readonly externalId: string;
}

/** One that was dismissed before stays as it was. */
export async function saveDismissals(
  tx: Executor,
  userId: UserId,
  items: readonly Dismissal[],
  reason: DismissalRow["reason"],
  at: Date,
): Promise<void> {
  if (items.length === 0) return;
  await tx.execute(sql`
    insert into sync.dismissals (connection_id, external_id, user_id, reason, at)
    select "connectionId", "externalId", ${userId}::uuid, ${reason},
      ${at.toISOString()}::timestamptz
    from ${rowsOf(items, `"connectionId" uuid, "externalId" text`)}
    on conflict do nothing`);
}

/** Ids dismissed at each connection of somebody. */
export async function listDismissed(
  db: Executor,
  userId: UserId,
): Promise<Map<string, Set<string>>> {
  const rows = await db.select({ id: dismissals.connectionId, externalId: dismissals.externalId })
    .from(dismissals).where(eq(dismissals.userId, userId));
  const byConnection = new Map<string, Set<string>>();
  for (const { id, externalId } of rows) {
    byConnection.set(id, (byConnection.get(id) ?? new Set()).add(externalId));
  }
  return byConnection;
}

/** The newest of a connection. */
export async function listDismissedIds(
  db: Executor,
  connectionId: ConnectionId,
  limit: number,
): Promise<string[]> {
  const rows = await db.select({ externalId: dismissals.externalId }).from(dismissals)
    .where(eq(dismissals.connectionId, connectionId))
    .orderBy(desc(dismissals.at), asc(dismissals.externalId)).limit(limit);
  return rows.map((row) => row.externalId);
}

/** Dismissals that their plugin doesn't know of yet, the oldest first. */
export async function listUntold(
  db: Executor,
  before: Date,
  attemptsMax: number,
  limit: number,
): Promise<DismissalRow[]> {
  return await db.select().from(dismissals)
    .where(and(isUntold, lt(dismissals.at, before), lt(dismissals.attempts, attemptsMax)))
    .orderBy(asc(dismissals.at)).limit(limit);
}

export async function noteTold(
  db: Executor,
  connectionId: ConnectionId,
  externalIds: readonly string[],
): Promise<void> {
  await db.update(dismissals).set({ told: true }).where(ofIds(connectionId, externalIds));
}

export async function noteNotTold(
  db: Executor,
  connectionId: ConnectionId,
  externalIds: readonly string[],
): Promise<void> {
  await db.update(dismissals).set({ attempts: sql`${dismissals.attempts} + 1` })
    .where(ofIds(connectionId, externalIds));
}

const isUntold = sql`not ${dismissals.told}`;

function ofIds(connectionId: ConnectionId, externalIds: readonly string[]): SQL | undefined {
  return and(
    eq(dismissals.connectionId, connectionId),
    sql`${dismissals.externalId} = any(${arrayOf(externalIds, "text")})`,
  );
}
