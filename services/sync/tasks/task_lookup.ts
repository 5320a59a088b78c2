/** Tasks of sync by their public ids. */
import type { Task, TaskId, UserId } from "@codex/protocol";
import type { Executor } from "../db/database.ts";
import { findRuns } from "../db/run_queries.ts";
import { TASK_PREFIX, taskIdOf, toTask } from "../workflows/run_views.ts";

export interface OwnedTask {
  readonly userId: UserId;
  readonly task: Task;
}

export async function findTask(db: Executor, id: TaskId): Promise<OwnedTask | undefined> {
  return (await findTasks(db, [id])).get(id);
}

/** Those that there are, by id. */
export async function findTasks(
  db: Executor,
  ids: readonly string[],
): Promise<Map<string, OwnedTask>> {
  const runs = await findRuns(db, ids.map((id) => id.slice(TASK_PREFIX.length)));
  return new Map(runs.map((run) => [taskIdOf(run.id), { userId: run.userId, task: toTask(run) }]));
}
