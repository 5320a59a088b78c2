import { and, eq, inArray, lte, ne, sql } from "drizzle-orm";
import type { ConnectionStatus, JsonObject } from "@codex/protocol";
import { type Executor, schema } from "./database.ts";

const { connections, oauthGrants } = schema;

export type ConnectionRow = typeof connections.$inferSelect;

const ofUser = (userId: string, pluginId: string) =>
  and(eq(connections.userId, userId), eq(connections.pluginId, pluginId));

/**
 * Enables the user's connection to a plugin, and makes it where there is none.
 *
 * @param needsNoAuth the plugin needs nothing of the user, so the connection counts as connected
 */
export async function enableConnection(
  db: Executor,
  connection: { userId: string; pluginId: string; needsNoAuth: boolean; createdAt: Date },
): Promise<ConnectionRow> {
  const { userId, pluginId, needsNoAuth, createdAt } = connection;
  const status: ConnectionStatus = needsNoAuth ? "connected" : "not_connected";
  const rows = await db.insert(connections)
    .values({ userId, pluginId, enabled: true, status, config: {}, createdAt })
    .onConflictDoUpdate({
      target: [connections.userId, connections.pluginId],
      set: {
        enabled: true,
        status: sql`case when ${connections.status} = 'not_connected' then ${status}
          else ${connections.status} end`,
      },
    })
    .returning();
  return rows[0]!;
}

export async function findConnection(
  db: Executor,
  userId: string,
  pluginId: string,
): Promise<ConnectionRow | undefined> {
  return (await db.select().from(connections).where(ofUser(userId, pluginId)))[0];
}

export async function findConnectionById(
  db: Executor,
  id: string,
): Promise<ConnectionRow | undefined> {
  return (await db.select().from(connections).where(eq(connections.id, id)))[0];
}

export async function lockConnection(
  db: Executor,
  userId: string,
  pluginId: string,
): Promise<ConnectionRow | undefined> {
  return (await db.select().from(connections).where(ofUser(userId, pluginId)).for("update"))[0];
}

export async function listConnections(db: Executor, userId: string): Promise<ConnectionRow[]> {
  return await db.select().from(connections).where(eq(connections.userId, userId))
    .orderBy(connections.createdAt, connections.id);
}

/** What a process of the connection is started with has changed. */
const nextRevision = sql`${connections.revision} + 1`;

/** Processes and tickets of before are of an earlier revision. Undefined when there is no connection. */
export async function disableConnection(
  db: Executor,
  userId: string,
  pluginId: string,
): Promise<ConnectionRow | undefined> {
  const rows = await db.update(connections).set({ enabled: false, revision: nextRevision })
    .where(ofUser(userId, pluginId)).returning();
  return rows[0];
}

export async function setConnectionConfig(
  db: Executor,
  id: string,
  config: JsonObject,
): Promise<ConnectionRow | undefined> {
  const rows = await db.update(connections).set({ config, revision: nextRevision })
    .where(eq(connections.id, id)).returning();
  return rows[0];
}

/**
 * The connection that is about to get new credentials, enabled, made where there is none; locked until
 * the transaction ends.
 */
export async function openConnection(
  db: Executor,
  connection: { userId: string; pluginId: string; createdAt: Date },
): Promise<ConnectionRow> {
  const rows = await db.insert(connections)
    .values({ ...connection, enabled: true, status: "not_connected", config: {} })
    .onConflictDoUpdate({
      target: [connections.userId, connections.pluginId],
      set: { enabled: true, revision: nextRevision },
    })
    .returning();
  return rows[0]!;
}

export async function setConnectionStatus(
  db: Executor,
  id: string,
  status: ConnectionStatus,
  statusReason: string | null,
): Promise<ConnectionRow | undefined> {
  const rows = await db.update(connections).set({ status, statusReason })
    .where(eq(connections.id, id)).returning();
  return rows[0];
}

/** Before its grant and secrets, in every transaction that changes both. False when it is gone. */
export async function lockConnectionById(db: Executor, id: string): Promise<boolean> {
  const rows = await db.select({ id: connections.id }).from(connections)
    .where(eq(connections.id, id)).for("update");
  return rows.length > 0;
}

export async function advanceRevision(db: Executor, id: string): Promise<void> {
  await db.update(connections).set({ revision: nextRevision }).where(eq(connections.id, id));
}

/** Nothing once the credentials have changed since `revision`. */
export async function requireReconnection(
  db: Executor,
  connection: { id: string; revision: number },
  reason: string,
): Promise<void> {
  await db.update(connections).set({ status: "needs_reconnection", statusReason: reason })
    .where(and(
      eq(connections.id, connection.id),
      eq(connections.revision, connection.revision),
      eq(connections.status, "connected"),
    ));
}

export async function setExternalIdentity(
  db: Executor,
  id: string,
  identity: Pick<ConnectionRow, "externalId" | "externalUsername" | "externalAvatarUrl">,
): Promise<ConnectionRow | undefined> {
  const rows = await db.update(connections).set(identity).where(eq(connections.id, id))
    .returning();
  return rows[0];
}

/** Of connections that have lost what they were connected by. */
export async function markConnections(
  db: Executor,
  ids: readonly string[],
  reason: string,
): Promise<void> {
  await db.update(connections)
    .set({ status: "needs_reconnection", statusReason: reason, revision: nextRevision })
    .where(and(inArray(connections.id, [...ids]), ne(connections.status, "not_connected")));
}

/** Marks connections, or one, whose token has ended and can't be renewed. */
export async function markExpiredConnections(
  db: Executor,
  now: Date,
  reason: string,
  id?: string,
): Promise<void> {
  const expired = db.select({ id: oauthGrants.connectionId }).from(oauthGrants)
    .where(and(eq(oauthGrants.refreshable, false), lte(oauthGrants.expiresAt, now)));
  await db.update(connections)
    .set({ status: "needs_reconnection", statusReason: reason })
    .where(and(
      eq(connections.status, "connected"),
      inArray(connections.id, expired),
      id === undefined ? undefined : eq(connections.id, id),
    ));
}

/** Deletes the connections of a user, of a plugin, or of one to the other, with their secrets. */
export async function deleteConnections(
  db: Executor,
  of: { userId?: string; pluginId?: string },
): Promise<ConnectionRow[]> {
  if (of.userId === undefined && of.pluginId === undefined) {
    throw new Error("Deleting every connection of everyone is never meant");
  }
  return await db.delete(connections).where(and(
    of.userId === undefined ? undefined : eq(connections.userId, of.userId),
    of.pluginId === undefined ? undefined : eq(connections.pluginId, of.pluginId),
  )).returning();
}
