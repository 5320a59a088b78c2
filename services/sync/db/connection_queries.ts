/** What a connection keeps beside its runs. */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { type Executor, schema } from "./database.ts";

const { connectionSyncs } = schema;

export type ConnectionSyncRow = typeof connectionSyncs.$inferSelect;

/** A connection, as its owner's service names it. */
export interface ConnectionRef {
  readonly connectionId: ConnectionId;
  readonly pluginId: PluginId;
  readonly userId: UserId;
}

export type ConnectionSyncChange = Partial<
  Pick<ConnectionSyncRow, "account" | "autoSync" | "pulledAt" | "lastSyncAt" | "lastSuccessAt">
>;

/** Makes the row where there is none. */
export async function saveConnectionSync(
  db: Executor,
  connection: ConnectionRef,
  change: ConnectionSyncChange,
): Promise<ConnectionSyncRow> {
  const [row] = await db.insert(connectionSyncs).values({ ...connection, ...change })
    .onConflictDoUpdate({
      target: connectionSyncs.connectionId,
      set: Object.keys(change).length === 0 ? { userId: connection.userId } : change,
    })
    .returning();
  return row!;
}

export async function findConnectionSync(
  db: Executor,
  connectionId: ConnectionId,
): Promise<ConnectionSyncRow | undefined> {
  const [row] = await db.select().from(connectionSyncs)
    .where(eq(connectionSyncs.connectionId, connectionId));
  return row;
}

export async function listConnectionSyncs(
  db: Executor,
  userId: UserId,
): Promise<ConnectionSyncRow[]> {
  return await db.select().from(connectionSyncs).where(eq(connectionSyncs.userId, userId))
    .orderBy(asc(connectionSyncs.connectionId));
}

/** Connections of a plugin that sync by its schedule, in the order of their ids. */
export async function listAutomatic(
  db: Executor,
  pluginId: PluginId,
  after: ConnectionId | undefined,
  limit: number,
): Promise<ConnectionRef[]> {
  const rows = await db.select().from(connectionSyncs)
    .where(and(
      eq(connectionSyncs.pluginId, pluginId),
      sql`${connectionSyncs.autoSync}`,
      after === undefined ? undefined : gt(connectionSyncs.connectionId, after),
    ))
    .orderBy(asc(connectionSyncs.connectionId)).limit(limit);
  return rows.map((row) => ({
    connectionId: row.connectionId as ConnectionId,
    pluginId: row.pluginId as PluginId,
    userId: row.userId as UserId,
  }));
}
