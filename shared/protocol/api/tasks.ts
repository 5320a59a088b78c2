/** Work that goes on after its request was answered (http-api.md: "GET /tasks/{id}"). */
import { z } from "zod";
import type { ServiceName } from "../identity.ts";
import { PluginId, TaskId } from "../ids.ts";
import { IsoDateTime, Json } from "../json.ts";

/** `paused` goes on by itself: `resumesAt` says when. */
export const TaskState = z.enum(["queued", "running", "paused", "succeeded", "failed"]);
export type TaskState = z.infer<typeof TaskState>;

/** Nothing follows these. */
export const TERMINAL_TASK_STATES: readonly TaskState[] = ["succeeded", "failed"];

export const Task = z.object({
  id: TaskId,
  /** What is done, for instance `sync`. */
  kind: z.string(),
  state: TaskState,
  progress: z.object({
    current: z.int().nonnegative(),
    /** Absent while nobody knows. */
    total: z.int().nonnegative().optional(),
    /** The step that is being done. */
    phase: z.string().optional(),
  }),
  /** Why it failed or waits, in words for the reader. */
  reason: z.string().optional(),
  resumesAt: IsoDateTime.optional(),
  result: Json.optional(),
  pluginId: PluginId.optional(),
  createdAt: IsoDateTime,
  startedAt: IsoDateTime.optional(),
  finishedAt: IsoDateTime.optional(),
});
export type Task = z.infer<typeof Task>;

export const PathTaskId = z.object({ id: TaskId });

const OWNERS: Readonly<Record<string, ServiceName>> = { lib: "library", syn: "sync" };

/** The service that a task id names by its prefix; undefined for what is no task id. */
export function taskOwner(id: string): ServiceName | undefined {
  return TaskId.safeParse(id).success ? OWNERS[id.slice(0, 3)] : undefined;
}
