/** Brings the processes of this replica in step with what any replica has stored. */
import { type Executor, listEnabledRevisions } from "../db/plugin_queries.ts";
import { purgeDigest } from "../db/purge_queries.ts";
import { listWithdrawn } from "../db/withdrawal_queries.ts";
import type { PluginRuntime } from "./runtime.ts";

/**
 * Every call reads its plugin's row, so no call reaches a plugin that is off; this is for the processes
 * that no call reaches: of a plugin that another replica turned off, removed or changed, and of
 * connections that were turned off. A process of such a connection isn't started anew, because auth
 * gives out no secrets for it.
 */
export async function reconcile(db: Executor, runtime: PluginRuntime): Promise<void> {
  if (runtime.liveCount === 0) return;
  await runtime.keepOnly(() => listEnabledRevisions(db));
  const withdrawn = await listWithdrawn(db);
  if (withdrawn.size === 0) return;
  await runtime.withdraw((connectionId, revision) =>
    revision < (withdrawn.get(purgeDigest(connectionId)) ?? 0)
  );
}
