/** Whether a connection syncs by its plugin's schedule, and what gateway shows of its syncs. */
import type { CallContext, ConnectionSync, PluginId, UserId } from "@codex/protocol";
import {
  type ConnectionSyncRow,
  listConnectionSyncs,
  saveConnectionSync,
} from "../db/connection_queries.ts";
import { toIso } from "../db/database.ts";
import { listLastResults, type Run } from "../db/run_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { connectionTo, refOf, writeFor } from "./connections.ts";
import { toResult } from "./run_views.ts";

/** @throws ProblemError `not_found` without a connection */
export async function setSyncMode(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  auto: boolean,
): Promise<ConnectionSync> {
  const connection = await connectionTo(deps, context, pluginId);
  const row = await writeFor(
    deps,
    context,
    connection,
    (tx) => saveConnectionSync(tx, refOf(connection), { autoSync: auto }),
  );
  const results = await listLastResults(deps.db, connection.userId);
  return toConnectionSync(row, results.get(row.connectionId));
}

export async function connectionSyncsOf(
  { db }: SyncDeps,
  userId: UserId,
): Promise<ConnectionSync[]> {
  const [rows, results] = await Promise.all([
    listConnectionSyncs(db, userId),
    listLastResults(db, userId),
  ]);
  return rows.map((row) => toConnectionSync(row, results.get(row.connectionId)));
}

function toConnectionSync(row: ConnectionSyncRow, last: Run | undefined): ConnectionSync {
  const [lastSyncAt, lastSuccessAt] = [toIso(row.lastSyncAt), toIso(row.lastSuccessAt)];
  return {
    connectionId: row.connectionId as ConnectionSync["connectionId"],
    autoSync: row.autoSync,
    ...(lastSyncAt !== undefined && { lastSyncAt }),
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    ...(last !== undefined && { lastSyncResult: toResult(last) }),
  };
}
