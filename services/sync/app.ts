/** Builds sync's HTTP app from what it needs. */
import { createServiceApp } from "@codex/service";
import type { SyncDeps } from "./deps.ts";
import { internalRoutes } from "./routes/internal.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { userSyncRoutes } from "./routes/user_sync.ts";
import { findTasks } from "./tasks/task_lookup.ts";
import { TaskWatch } from "./tasks/task_watch.ts";

export function createApp(deps: SyncDeps) {
  const { db, logger, checks } = deps;
  const watch = new TaskWatch({
    logger,
    read: async (ids) => {
      const found = await findTasks(db, ids);
      return new Map([...found].map(([id, { task }]) => [id, task]));
    },
  });
  return createServiceApp({ logger, checks })
    .route("/internal", internalRoutes(deps))
    .route("/", userSyncRoutes(deps))
    .route("/", recommendationRoutes(deps))
    .route("/", taskRoutes(deps, watch));
}

export type App = ReturnType<typeof createApp>;
