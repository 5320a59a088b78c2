/** Begins runs: by hand, by schedule, or for what had failed. */
import type { CallContext, PluginId, PluginSummary, SyncStartedBy } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import type { ConnectionRef } from "../db/connection_queries.ts";
import { isUniqueViolation } from "../db/database.ts";
import { insertRun, type RunId, type RunKind, type RunPhase } from "../db/run_queries.ts";
import type { RunDeps, SyncDeps } from "../deps.ts";
import { BATCH_SIZE_FIRST } from "../domain/batch_size.ts";
import { connectionTo, refOf } from "./connections.ts";

export type BeginResult =
  | { readonly kind: "begun"; readonly runId: RunId }
  | { readonly kind: "already_running" };

export interface RunWish {
  readonly kind?: RunKind;
  readonly startedBy: z.infer<typeof SyncStartedBy>;
  readonly dryRun?: boolean;
}

/** One transaction makes the run and the job that takes it up. */
export async function beginRun(
  { db, newId, now, jobs }: Pick<RunDeps, "db" | "newId" | "now" | "jobs">,
  connection: ConnectionRef,
  { kind = "sync", startedBy, dryRun = false }: RunWish,
): Promise<BeginResult> {
  const id = newId();
  try {
    await db.transaction(async (tx) => {
      await insertRun(tx, {
        ...connection,
        id,
        kind,
        startedBy,
        dryRun,
        phase: firstPhase(kind, startedBy),
        batchSize: BATCH_SIZE_FIRST,
        createdAt: new Date(now()),
      });
      await jobs.enqueueRun(tx, { id, pluginId: connection.pluginId });
    });
    return { kind: "begun", runId: id };
  } catch (error) {
    if (isUniqueViolation(error)) return { kind: "already_running" };
    throw error;
  }
}

function firstPhase(kind: RunKind, startedBy: RunWish["startedBy"]): RunPhase {
  if (kind === "recommendations") return "recommend";
  // What failed long ago is built anew: since then a pull may have seen more than it says.
  return startedBy === "retry" ? "build" : "pull";
}

/**
 * Begins a sync for whoever asks.
 *
 * @throws ProblemError `already_running`, `not_found`, `conflict` while the connection is off or not
 * connected, `plugin_off`, `unprocessable` for a plugin that does not sync
 */
export async function beginByHand(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  dryRun: boolean,
): Promise<RunId> {
  const connection = await connectionTo(deps, context, pluginId);
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  refuseUnfit(plugin);
  if (!connection.enabled) {
    throw new ProblemError("conflict", "The connection is disabled: enable it first");
  }
  if (connection.status !== "connected") {
    const state = connection.status === "needs_reconnection"
      ? "needs reconnection"
      : "is not complete";
    const detail = connection.statusReason ?? "connect first";
    throw new ProblemError("conflict", `The connection ${state}: ${detail}`);
  }
  const begun = await beginRun(deps, refOf(connection), { startedBy: "user", dryRun });
  if (begun.kind === "already_running") {
    throw new ProblemError("already_running", "A sync of this connection is under way");
  }
  return begun.runId;
}

function refuseUnfit({ manifest, usable, name, stateReason, state }: PluginSummary): void {
  if (!usable || manifest === null) {
    throw new ProblemError("plugin_off", `Plugin "${name}" is off: ${stateReason ?? state}`, {
      retryAfterSeconds: 60,
    });
  }
  if (!manifest.capabilities.userReadSync) {
    throw new ProblemError("unprocessable", `Plugin "${name}" does not sync progress`);
  }
}
