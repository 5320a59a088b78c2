/** Every statement of sync, one function each. */
import { eq } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
import type { Database } from "@codex/service";
import * as schema from "./schema.ts";

export type SyncDatabase = Database<typeof schema>;

/** Deletes all that is kept of a connection. */
export async function purgeConnection(db: SyncDatabase, id: ConnectionId): Promise<void> {
  const { outboxEntries, syncRuns } = schema;
  await db.transaction(async (tx) => {
    await tx.delete(outboxEntries).where(eq(outboxEntries.connectionId, id));
    await tx.delete(syncRuns).where(eq(syncRuns.connectionId, id));
  });
}

/** Deletes all that is kept of a user's connections. */
export async function purgeUser(db: SyncDatabase, id: UserId): Promise<void> {
  const { outboxEntries, syncRuns } = schema;
  await db.transaction(async (tx) => {
    await tx.delete(outboxEntries).where(eq(outboxEntries.userId, id));
    await tx.delete(syncRuns).where(eq(syncRuns.userId, id));
  });
}
