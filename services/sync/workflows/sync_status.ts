/** How the sync of a connection stands. */
import {
  type CallContext,
  type Connection,
  type PluginId,
  type PluginSummary,
  type SyncStatus,
  SyncStatusAnswer,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import { findConnectionSync } from "../db/connection_queries.ts";
import { toIso } from "../db/database.ts";
import { countUnmatched } from "../db/entry_queries.ts";
import { countOutbox } from "../db/outbox_queries.ts";
import { findUnfinishedRun } from "../db/run_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { connectionTo } from "./connections.ts";
import { taskIdOf } from "./run_views.ts";

type Status = z.infer<typeof SyncStatus>;

/** @param live asks the plugin as well; what it can't tell is in `liveError` */
export async function syncStatus(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  live: boolean,
): Promise<Status> {
  const connection = await connectionTo(deps, context, pluginId);
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  const { id } = connection;
  const [kept, pendingPush, pendingPull, running] = await Promise.all([
    findConnectionSync(deps.db, id),
    countOutbox(deps.db, id),
    countUnmatched(deps.db, id),
    findUnfinishedRun(deps.db, id, "sync"),
  ]);
  const lastSyncAt = toIso(kept?.lastSyncAt ?? null);
  const lastSuccessAt = toIso(kept?.lastSuccessAt ?? null);
  return {
    pluginId,
    ...(lastSyncAt !== undefined && { lastSyncAt }),
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    pendingPush,
    pendingPull,
    connected: connection.status === "connected",
    enabled: connection.enabled,
    healthStatus: plugin.healthStatus,
    ...(running && { runningTaskId: taskIdOf(running.id) }),
    ...(live && await askPlugin(deps, context, connection, plugin)),
  };
}

async function askPlugin(
  { auth, pluginHost }: SyncDeps,
  context: CallContext,
  { pluginId }: Connection,
  { manifest }: PluginSummary,
): Promise<Pick<Status, "externalCount" | "conflicts" | "liveError">> {
  if (manifest?.capabilities.userReadSync !== true) {
    return { liveError: "The plugin does not sync progress" };
  }
  try {
    const { ticket } = await auth.issueTicket(context, pluginId);
    const call = { method: "sync/status", params: {}, ticket };
    const answer = await pluginHost.callPlugin(context, pluginId, call);
    if (!answer.ok) return { liveError: answer.error.message };
    const { externalCount, conflicts } = SyncStatusAnswer.parse(answer.result);
    return { conflicts, ...(externalCount !== undefined && { externalCount }) };
  } catch (error) {
    if (error instanceof ProblemError) return { liveError: error.message };
    throw error;
  }
}
