/** Before the first step: whose entries the service has. */
import { findConnectionSync, saveConnectionSync } from "../db/connection_queries.ts";
import { deleteStates } from "../db/entry_queries.ts";
import { emptyOutbox } from "../db/outbox_queries.ts";
import type { RunContext } from "./run_context.ts";

/**
 * A reader may sign in to another account: nothing of what the former one held or took holds for it. The
 * run then begins with a whole pull, wherever it stood.
 */
export async function adoptAccount({ deps, held, owner, session }: RunContext): Promise<void> {
  const { externalId: account } = session.connection;
  const former = (await findConnectionSync(deps.db, owner.connectionId))?.account ?? undefined;
  if (account === undefined || account === former) return;

  const connection = { ...owner, pluginId: held.run.pluginId };
  if (former === undefined) {
    return await held.change({ phase: held.run.phase }, async (tx) => {
      await saveConnectionSync(tx, connection, { account });
    });
  }
  await held.change({ phase: "pull", cursor: null, pages: 0, pullStartedAt: null }, async (tx) => {
    await deleteStates(tx, owner.connectionId);
    await emptyOutbox(tx, owner.connectionId);
    await saveConnectionSync(tx, connection, { account, pulledAt: null });
  });
}
