/** Forgetting a connection or a person (architecture.md: "Disconnect"). Idempotent. */
import { eq } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
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

/** Deletes all that is kept of a connection. */
export async function purgeConnection(db: Executor, id: ConnectionId): Promise<void> {
  await db.transaction(async (tx) => {
    for (const table of TABLES) await tx.delete(table).where(eq(table.connectionId, id));
  });
}

/** Deletes all that is kept of a user's connections. */
export async function purgeUser(db: Executor, id: UserId): Promise<void> {
  await db.transaction(async (tx) => {
    for (const table of TABLES) await tx.delete(table).where(eq(table.userId, id));
  });
}
