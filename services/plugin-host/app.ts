/** Builds plugin-host's HTTP app from what it needs. */
import { createServiceApp } from "@codex/service";
import type { AppDeps } from "./deps.ts";
import { adminPluginRoutes } from "./routes/admin_plugins.ts";
import { egressRoutes } from "./routes/egress.ts";
import { everyonesPluginRoutes } from "./routes/everyones_plugins.ts";
import { internalPluginRoutes } from "./routes/internal_plugins.ts";
import { purgeRoutes } from "./routes/purges.ts";

export function createApp(deps: AppDeps) {
  return createServiceApp({ logger: deps.logger, checks: deps.checks })
    .route("/", adminPluginRoutes(deps))
    .route("/", everyonesPluginRoutes(deps))
    .route("/", internalPluginRoutes(deps))
    .route("/", egressRoutes(deps))
    .route("/", purgeRoutes(deps));
}

export type App = ReturnType<typeof createApp>;
