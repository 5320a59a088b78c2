/**
 * Repeats every deletion, and every end of processes, that another service owes until it is acknowledged, over restarts and across
 * replicas (architecture.md: "Main flows", Disconnect).
 */
import type { CallContext, PluginHostService, PurgingService } from "@codex/protocol";
import { describeError } from "@codex/service";
import { findConnectionById } from "../db/connection_queries.ts";
import { claimDuePurges, deletePurge, postponePurge, type PurgeRow } from "../db/purge_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { type DataKeeper, isDataKeeper, purgeDelayMs } from "../domain/purge_duties.ts";

export type Purgers =
  & Readonly<Record<DataKeeper, PurgingService>>
  & { readonly "plugin-host": Pick<PluginHostService, "withdrawConnection"> };

type PurgeDeps = Pick<AuthDeps, "db" | "now" | "logger"> & { readonly purgers: Purgers };

/** Longer than a purge call may take; a worker that died loses its purges to others after this. */
const LEASE_MS = 60_000;
const BATCH = 20;

/** Attempts every purge that is due, once. Answers how many were acknowledged. */
export async function runDuePurges(deps: PurgeDeps): Promise<number> {
  let acknowledged = 0;
  for (;;) {
    const now = deps.now();
    const claimed = await claimDuePurges(
      deps.db,
      new Date(now),
      new Date(now + LEASE_MS),
      BATCH,
    );
    const done = await Promise.all(claimed.map((purge) => attempt(deps, purge)));
    acknowledged += done.filter(Boolean).length;
    if (claimed.length < BATCH) return acknowledged;
  }
}

async function attempt(deps: PurgeDeps, purge: PurgeRow): Promise<boolean> {
  const { id, service, kind, subjectId, attempts } = purge;
  try {
    if (!isDataKeeper(service)) throw new Error(`Service "${service}" keeps no data`);
    const context = { requestId: crypto.randomUUID() };
    const purger = deps.purgers[service];
    if (kind === "withdrawal") await withdraw(deps, context, subjectId);
    else if (kind === "connection") await purger.purgeConnection(context, subjectId);
    else await purger.purgeUser(context, subjectId);
    await deletePurge(deps.db, id);
    return true;
  } catch (error) {
    // Of whom, the log need not keep: it stays longer than they do.
    deps.logger.warn("A purge is still owed by {service}", {
      service,
      kind,
      purge: id,
      attempts,
      ...describeError(error),
    });
    await postponePurge(deps.db, id, new Date(deps.now() + purgeDelayMs(attempts)));
    return false;
  }
}

/** A connection that was enabled meanwhile has a newer revision: its old processes end all the same. */
async function withdraw(deps: PurgeDeps, context: CallContext, id: string): Promise<void> {
  const row = await findConnectionById(deps.db, id);
  // One that is gone is purged.
  if (row === undefined) return;
  await deps.purgers["plugin-host"].withdrawConnection(context, id, row.revision);
}
