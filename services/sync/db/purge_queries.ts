/** Forgetting a connection or a person (architecture.md: "Disconnect"). Idempotent. */
import { eq, type SQL, sql } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
import type { ConnectionRef } from "./connection_queries.ts";
import { type Executor, schema } from "./database.ts";

/**
 * Runs come first: a worker writes only while it holds its run's row, so that after this nothing of the
 * connection is written any more.
 */
const TABLES = [
  schema.syncRuns,
  schema.outboxEntries,
  schema.entryStates,
  schema.entryMatches,
  schema.connectionSyncs,
  schema.recommendationLists,
  schema.dismissals,
] as const;

/**
 * Has purges of a connection and of its user wait for the end of the transaction, to take along what
 * it writes; of a worker the row of its run does the same.
 */
export async function holdOffPurges(
  tx: Executor,
  { connectionId, userId }: ConnectionRef,
): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock_shared(${connectionLock(connectionId)}),
      pg_advisory_xact_lock_shared(${userLock(userId)})`);
}

/** Deletes all that is kept of a connection. */
export async function purgeConnection(db: Executor, id: ConnectionId): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${connectionLock(id)})`);
    for (const table of TABLES) await tx.delete(table).where(eq(table.connectionId, id));
  });
}

/** Deletes all that is kept of a user's connections. */
export async function purgeUser(db: Executor, id: UserId): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${userLock(id)})`);
    for (const table of TABLES) await tx.delete(table).where(eq(table.userId, id));
  });
}

function connectionLock(id: ConnectionId): SQL {
  return sql`hashtextextended(${`sync connection ${id}`}, 0)`;
}

function userLock(id: UserId): SQL {
  return sql`hashtextextended(${`sync user ${id}`}, 0)`;
}
