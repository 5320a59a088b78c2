/** Runs as the API shows them. */
import {
  Json,
  type SyncCounts,
  type SyncResult,
  type SyncRun,
  type Task,
  TaskId,
} from "@codex/protocol";
import type { z } from "zod";
import { toIso } from "../db/database.ts";
import type { Run, RunId } from "../db/run_queries.ts";

export const TASK_PREFIX = "syn_";

export function taskIdOf(id: RunId): TaskId {
  return TaskId.parse(TASK_PREFIX + id);
}

export function toRunView(run: Run): z.infer<typeof SyncRun> {
  const durationMs = durationOf(run);
  return {
    id: taskIdOf(run.id),
    state: run.state,
    startedBy: run.startedBy,
    dryRun: run.dryRun,
    counts: countsOf(run),
    notes: [...run.notes],
    ...reasonOf(run),
    ...(durationMs !== undefined && { durationMs }),
    ...timesOf(run),
  };
}

/** A run as a task: its result comes with its end. */
export function toTask(run: Run): Task {
  const { phase, pushTotal } = run;
  if (run.kind === "recommendations") return toRefreshTask(run);
  const isPushing = phase === "push" && !run.dryRun && pushTotal !== null;
  const done = run.pushed + run.failed;
  return {
    id: taskIdOf(run.id),
    kind: run.kind,
    state: run.state,
    progress: isPushing
      ? { current: done, total: Math.max(pushTotal, done), phase }
      : { current: phase === "pull" ? run.pulled : run.unchanged, phase },
    ...reasonOf(run),
    ...(run.finishedAt !== null && { result: Json.parse(toResult(run)) }),
    pluginId: run.pluginId,
    ...timesOf(run),
  };
}

function toRefreshTask(run: Run): Task {
  const { pulled: recommendations } = run;
  return {
    id: taskIdOf(run.id),
    kind: run.kind,
    state: run.state,
    progress: { current: recommendations },
    ...reasonOf(run),
    ...(run.finishedAt !== null && {
      result: Json.parse({ recommendations, ...toldNotes(run) }),
    }),
    pluginId: run.pluginId,
    ...timesOf(run),
  };
}

/** Of a refresh, where there is something to tell. */
function toldNotes({ notes, notesTruncated }: Run) {
  return notes.length === 0 ? {} : { notes: [...notes], notesTruncated };
}

export function toResult(run: Run): z.infer<typeof SyncResult> {
  return {
    ...countsOf(run),
    startedBy: run.startedBy,
    dryRun: run.dryRun,
    durationMs: durationOf(run) ?? 0,
    notes: [...run.notes],
    notesTruncated: run.notesTruncated,
  };
}

function countsOf(run: Run): SyncCounts {
  const { pulled, matched, applied, pushed, unchanged, failed, invalid } = run;
  return { pulled, matched, applied, pushed, unchanged, failed, invalid };
}

function durationOf({ startedAt, finishedAt }: Run): number | undefined {
  if (startedAt === null || finishedAt === null) return undefined;
  return Math.max(0, finishedAt.getTime() - startedAt.getTime());
}

function reasonOf({ reason, resumeAt }: Run): { reason?: string; resumesAt?: string } {
  const resumesAt = toIso(resumeAt);
  return { ...(reason !== null && { reason }), ...(resumesAt !== undefined && { resumesAt }) };
}

function timesOf(run: Run): { createdAt: string; startedAt?: string; finishedAt?: string } {
  const [startedAt, finishedAt] = [toIso(run.startedAt), toIso(run.finishedAt)];
  return {
    createdAt: run.createdAt.toISOString(),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
  };
}
