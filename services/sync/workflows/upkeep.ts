/** What is due without anybody asking: schedules, entries to retry, lost jobs, old history. */
import { type CallContext, ConnectionId, type PluginId } from "@codex/protocol";
import { describeError } from "@codex/service";
import { backgroundContext } from "../background_subject.ts";
import { type ConnectionRef, listAutomatic } from "../db/connection_queries.ts";
import { listRetryable, postponeFailed } from "../db/outbox_queries.ts";
import { purgeConnection } from "../db/purge_queries.ts";
import { listUntold } from "../db/recommendation_queries.ts";
import { deleteOldRuns, listStrandedRuns } from "../db/run_queries.ts";
import type { RunDeps, SyncDeps } from "../deps.ts";
import { afterFailedRun } from "../domain/retry_schedule.ts";
import { tellDismissals } from "./recommendations.ts";
import { beginRun } from "./start_run.ts";

const CONNECTIONS_AT_A_TIME = 100;
const STRANDED_AT_A_TIME = 100;
/** A run that was made a moment ago still has its job under way. */
const STRANDED_AFTER_MS = 60_000;
const DISMISSALS_AT_A_TIME = 20;
/** One that was made a moment ago is being told. */
const UNTOLD_AFTER_MS = 30_000;
const TELL_ATTEMPTS_MAX = 10;
const HISTORY_DAYS = 90;
const DAY_MS = 86_400_000;

/**
 * Begins a run for each connection of a plugin that syncs by its schedule, is enabled and connected.
 *
 * @returns how many were begun
 */
export async function beginScheduled(
  deps: RunDeps,
  requestId: string,
  pluginId: PluginId,
): Promise<number> {
  let begun = 0;
  let after: ConnectionRef["connectionId"] | undefined;
  while (true) {
    const refs = await listAutomatic(deps.db, pluginId, after, CONNECTIONS_AT_A_TIME);
    const last = refs.at(-1);
    if (last === undefined) return begun;
    after = last.connectionId;
    for (const ref of refs) {
      if (await isReady(deps, backgroundContext(ref.userId, requestId), ref)) {
        const result = await beginRun(deps, ref, { startedBy: "schedule" });
        if (result.kind === "begun") begun++;
      }
    }
  }
}

/** Begins a run for each connection whose failed entries are due again. */
export async function beginRetries(deps: RunDeps, requestId: string): Promise<number> {
  let begun = 0;
  const refs = await listRetryable(deps.db, new Date(deps.now()), CONNECTIONS_AT_A_TIME);
  for (const ref of refs) {
    if (await isReady(deps, backgroundContext(ref.userId, requestId), ref)) {
      const result = await beginRun(deps, ref, { startedBy: "retry" });
      if (result.kind === "begun") begun++;
    } else {
      const at = new Date(deps.now());
      await postponeFailed(deps.db, ref.connectionId, at, afterFailedRun(at));
    }
  }
  return begun;
}

/** Tells plugins of dismissals that they could not be told of at once. */
export async function tellLeftDismissals(deps: SyncDeps, requestId: string): Promise<void> {
  const before = new Date(deps.now() - UNTOLD_AFTER_MS);
  const rows = await listUntold(deps.db, before, TELL_ATTEMPTS_MAX, DISMISSALS_AT_A_TIME);
  for (const { connectionId, userId, externalId, reason } of rows) {
    const context = backgroundContext(userId, requestId);
    const { connections } = await deps.auth.listConnections(context);
    const connection = connections.find(({ id }) => id === connectionId);
    if (connection === undefined) {
      await purgeConnection(deps.db, ConnectionId.parse(connectionId));
      continue;
    }
    await tellDismissals(deps, context, connection, [externalId], reason ?? undefined);
  }
}

/** What is kept of a connection that is gone goes with it, should its purge have come too early. */
async function isReady(
  deps: RunDeps,
  context: CallContext,
  { connectionId }: ConnectionRef,
): Promise<boolean> {
  try {
    const { connections } = await deps.auth.listConnections(context);
    const connection = connections.find(({ id }) => id === connectionId);
    if (connection === undefined) await purgeConnection(deps.db, connectionId);
    return connection?.enabled === true && connection.status === "connected";
  } catch (error) {
    deps.logger.warn("Connection {connection} could not be looked up", {
      connection: connectionId,
      ...describeError(error),
    });
    return false;
  }
}

/** Has runs taken up again whose job got lost. */
export async function rescueRuns({ db, jobs, now }: RunDeps): Promise<number> {
  const before = new Date(now() - STRANDED_AFTER_MS);
  const runs = await listStrandedRuns(db, before, STRANDED_AT_A_TIME);
  for (const run of runs) await jobs.enqueueRun(db, run);
  return runs.length;
}

export async function forgetOldRuns({ db, now }: Pick<SyncDeps, "db" | "now">): Promise<void> {
  await deleteOldRuns(db, new Date(now() - HISTORY_DAYS * DAY_MS));
}
