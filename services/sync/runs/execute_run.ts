/** Carries a run out, from wherever it stands to its end or its next wait. */
import { describeError } from "@codex/service";
import { backgroundContext } from "../background_subject.ts";
import { saveConnectionSync } from "../db/connection_queries.ts";
import type { Executor } from "../db/database.ts";
import { emptyOutbox, postponeFailed } from "../db/outbox_queries.ts";
import { saveListError } from "../db/recommendation_queries.ts";
import { purgeConnection } from "../db/purge_queries.ts";
import { findRun, type Run, type RunId, UNFINISHED } from "../db/run_queries.ts";
import type { RunDeps } from "../deps.ts";
import { afterFailedRun, STALLS_MAX, stallWaitMs } from "../domain/retry_schedule.ts";
import { storableText } from "../domain/storable_text.ts";
import { adoptAccount } from "./adopt_account.ts";
import { build } from "./build.ts";
import { HeldRun } from "./held_run.ts";
import { PluginSession } from "./plugin_session.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";
import { rematch } from "./rematch.ts";
import { recommend } from "./recommend.ts";
import type { RunContext } from "./run_context.ts";
import { ConnectionGone, RunLost, RunStop, type Stop, toStop } from "./run_stop.ts";

/** A run that comes no further in so long has failed, whatever it waits for. */
const PATIENCE_MS = 24 * 3_600_000;
const REASON_CHARS_MAX = 500;

export type RunOutcome =
  | "finished"
  /** It goes on by itself, as a job of its own. */
  | "waiting"
  /** Somebody else is at work on it: ask again shortly. */
  | "busy"
  /** It is gone, has ended, or its time has not come. */
  | "not_due";

/** @param stopping aborted when the worker has to stop: the run goes on elsewhere after this step */
export async function executeRun(
  deps: RunDeps,
  id: RunId,
  stopping: AbortSignal,
): Promise<RunOutcome> {
  const held = await HeldRun.claim(deps, id, stopping);
  if (held === undefined) return await whyNot(deps, id);
  try {
    await carryOut(deps, held);
    await finish(deps, held);
    return "finished";
  } catch (error) {
    if (error instanceof RunLost || held.isLost) return "busy";
    if (error instanceof ConnectionGone) {
      // It was begun beside a disconnect, whose purge it missed.
      await purgeConnection(deps.db, held.run.connectionId);
      return "not_due";
    }
    return await endEarly(deps, held, error, stopping.aborted);
  } finally {
    held.release();
  }
}

async function whyNot({ db, now }: RunDeps, id: RunId): Promise<RunOutcome> {
  const run = await findRun(db, id);
  if (run === undefined || !UNFINISHED.includes(run.state)) return "not_due";
  return run.resumeAt !== null && run.resumeAt.getTime() > now() ? "not_due" : "busy";
}

async function carryOut(deps: RunDeps, held: HeldRun): Promise<void> {
  const { id, userId, connectionId } = held.run;
  const call = backgroundContext(userId, `run-${id}`, held.signal);
  const session = await PluginSession.open(deps, call, held.run);
  const owner = { connectionId, userId };
  const context: RunContext = { deps, held, session, owner, call, dryRemotes: new Map() };
  await (held.run.kind === "sync" ? sync(context) : recommend(context));
}

async function sync(context: RunContext): Promise<void> {
  const { held, session } = context;
  if (!session.manifest.capabilities.userReadSync) {
    throw new RunStop({ kind: "fail", reason: "The plugin does not sync progress" });
  }
  if (held.run.dryRun) await beginAgain(held);
  else await adoptAccount(context);
  const { direction } = session.settings;

  if (direction === "push") await skipTo(held, ["pull", "rematch"], "build");
  if (held.run.phase === "pull") await pull(context);
  if (held.run.phase === "rematch") await rematch(context);
  if (direction === "pull") return await clearOutbox(context);
  if (held.run.phase === "build") await build(context);
  if (!held.run.dryRun) await push(context);
}

/** What was meant to be sent before the reader said that nothing is. */
async function clearOutbox({ held, owner }: RunContext): Promise<void> {
  if (held.run.dryRun) return;
  await held.change({ phase: "push" }, (tx) => emptyOutbox(tx, owner.connectionId));
}

/** A dry run keeps nothing between stops. */
async function beginAgain(held: HeldRun): Promise<void> {
  await held.change({
    phase: "pull",
    cursor: null,
    pages: 0,
    notes: [],
    notesTruncated: false,
    ...{ pulled: 0, matched: 0, applied: 0, pushed: 0, unchanged: 0, failed: 0, invalid: 0 },
  });
}

async function skipTo(
  held: HeldRun,
  phases: readonly Run["phase"][],
  phase: Run["phase"],
): Promise<void> {
  if (phases.includes(held.run.phase)) await held.change({ phase });
}

async function finish(deps: RunDeps, held: HeldRun): Promise<void> {
  const at = new Date(deps.now());
  await held.change(
    { state: "succeeded", finishedAt: at, leaseUntil: null, stalls: 0 },
    (tx) => noteEnd(tx, held.run, { lastSyncAt: at, lastSuccessAt: at }),
  );
}

async function noteEnd(
  tx: Executor,
  { connectionId, pluginId, userId, kind, dryRun }: Run,
  times: { lastSyncAt: Date; lastSuccessAt?: Date },
): Promise<void> {
  if (kind !== "sync" || dryRun) return;
  await saveConnectionSync(tx, { connectionId, pluginId, userId }, times);
}

async function endEarly(
  deps: RunDeps,
  held: HeldRun,
  error: unknown,
  isStopping: boolean,
): Promise<RunOutcome> {
  const { id, stalls } = held.run;
  try {
    if (isStopping) {
      await held.change(
        { state: "queued", leaseUntil: null, stalls: Math.max(0, stalls - 1) },
        (tx) => deps.jobs.enqueueRun(tx, held.run),
      );
      return "waiting";
    }
    const stop = limited(toStop(error), held.run, deps.now());
    deps.logger.warn("Run {run} stopped: {reason}", {
      run: id,
      kind: stop.kind,
      reason: stop.reason,
      ...(error instanceof RunStop ? {} : describeError(error)),
    });
    return stop.kind === "fail"
      ? await fail(deps, held, stop.reason)
      : await wait(deps, held, stop);
  } catch (again) {
    if (again instanceof RunLost) return "busy";
    throw again;
  }
}

/** What has been tried often or long enough has failed. */
function limited(stop: Stop, { stalls, progressedAt, createdAt }: Run, now: number): Stop {
  if (stop.kind === "fail") return stop;
  const idleMs = now - (progressedAt ?? createdAt).getTime();
  const isOver = idleMs > PATIENCE_MS || (stop.kind === "retry" && stalls >= STALLS_MAX);
  return isOver ? { kind: "fail", reason: stop.reason } : stop;
}

async function fail(deps: RunDeps, held: HeldRun, reason: string): Promise<RunOutcome> {
  const at = new Date(deps.now());
  const told = storableText(reason, REASON_CHARS_MAX);
  await held.change(
    { state: "failed", finishedAt: at, leaseUntil: null, reason: told },
    async (tx) => {
      const { kind, connectionId, pluginId, userId } = held.run;
      if (kind === "recommendations") {
        return await saveListError(tx, { connectionId, pluginId, userId }, told);
      }
      await noteEnd(tx, held.run, { lastSyncAt: at });
      // Else the entries that were due would begin a run again at once, to fail alike.
      await postponeFailed(tx, connectionId, at, afterFailedRun(at));
    },
  );
  return "finished";
}

async function wait(
  deps: RunDeps,
  held: HeldRun,
  stop: Exclude<Stop, { kind: "fail" }>,
): Promise<RunOutcome> {
  const { stalls } = held.run;
  const waitMs = stop.kind === "pause"
    ? stop.seconds * 1000
    : Math.max(stallWaitMs(stalls), (stop.seconds ?? 0) * 1000);
  const resumeAt = new Date(deps.now() + waitMs);
  await held.change(
    {
      state: "paused",
      resumeAt,
      leaseUntil: null,
      reason: storableText(stop.reason, REASON_CHARS_MAX),
      // Waiting as told is no stall.
      ...(stop.kind === "pause" && { stalls: Math.max(0, stalls - 1) }),
    },
    (tx) => deps.jobs.enqueueRun(tx, held.run, resumeAt),
  );
  return "waiting";
}
