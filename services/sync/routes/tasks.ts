/** `/tasks/{id}`: runs as tasks, and their changes as they happen. */
import { Hono } from "hono";
import { API_BASE, EVENT_STREAM, PathTaskId, type Task, type TaskId } from "@codex/protocol";
import {
  callers,
  path,
  ProblemError,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import type { SyncDeps } from "../deps.ts";
import { findTask } from "../tasks/task_lookup.ts";
import { taskEvents } from "../tasks/task_events.ts";
import type { TaskWatch } from "../tasks/task_watch.ts";

export function taskRoutes(deps: SyncDeps, watch: TaskWatch) {
  return new Hono<RequestEnv>()
    .basePath(`${API_BASE}/tasks`)
    .use(callers(deps.identity, "gateway"), requireScope("plugins:use"))
    .get("/:id", path(PathTaskId), async (c) => {
      return c.json(await ownTask(deps, subjectOf(c).userId, c.req.valid("param").id), 200);
    })
    .get("/:id/events", path(PathTaskId), async (c) => {
      const task = await ownTask(deps, subjectOf(c).userId, c.req.valid("param").id);
      return c.body(taskEvents(watch, task), 200, {
        "content-type": EVENT_STREAM,
        "cache-control": "no-store",
      });
    });
}

/** Another user's task is no task. */
async function ownTask(deps: SyncDeps, userId: string, id: TaskId): Promise<Task> {
  const found = await findTask(deps.db, id);
  if (found?.userId !== userId) throw new ProblemError("not_found", "There is no such task");
  return found.task;
}
