/** What the reader does about entries that their plugin did not take. */
import type { CallContext, OutboxRetried, PluginId } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import { findStates, saveAcknowledged } from "../db/entry_queries.ts";
import { retryOutbox, takeOutboxEntry } from "../db/outbox_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { widest } from "../domain/extent.ts";
import { connectionTo, refOf } from "./connections.ts";
import { taskIdOf } from "./run_views.ts";
import { beginRun } from "./start_run.ts";

/** Makes entries due and begins a run for them, unless one goes on that takes them along. */
export async function retryEntries(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  ids: readonly string[] | undefined,
): Promise<z.infer<typeof OutboxRetried>> {
  const connection = await connectionTo(deps, context, pluginId);
  const retried = await retryOutbox(deps.db, connection.id, ids, new Date(deps.now()));
  if (retried === 0) return { retried };
  const begun = await beginRun(deps, refOf(connection), { startedBy: "retry" });
  return { retried, ...(begun.kind === "begun" && { taskId: taskIdOf(begun.runId) }) };
}

/**
 * Gives up sending an entry as it is now; it is sent again once the reader's progress changes.
 *
 * @throws ProblemError `not_found`
 */
export async function discardEntry(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  id: string,
): Promise<void> {
  const owner = refOf(await connectionTo(deps, context, pluginId));
  const isThere = await deps.db.transaction(async (tx) => {
    const row = await takeOutboxEntry(tx, owner.connectionId, id);
    if (row === undefined) return false;
    const { key, hash, extent } = row;
    const state = (await findStates(tx, owner.connectionId, [key])).get(key);
    const kept = { key, hash, extent: widest(extent, state?.acknowledged) ?? extent };
    await saveAcknowledged(tx, owner, [kept], new Date(deps.now()));
    return true;
  });
  if (!isThere) throw new ProblemError("not_found", "There is no such entry in the outbox");
}
