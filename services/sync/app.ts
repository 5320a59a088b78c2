/** Builds sync's HTTP app from what it needs. */
import { createServiceApp, type Identity, type Logger, type ReadinessCheck } from "@codex/service";
import type { SyncDatabase } from "./db/queries.ts";
import { purgeRoutes } from "./routes/purges.ts";

export interface AppDeps {
  readonly db: SyncDatabase;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
}

export function createApp({ logger, checks, ...deps }: AppDeps) {
  return createServiceApp({ logger, checks }).route("/internal", purgeRoutes(deps));
}

export type App = ReturnType<typeof createApp>;
