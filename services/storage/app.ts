/** Builds storage's HTTP app from what it needs. */
import { createServiceApp, type Identity, type Logger, type ReadinessCheck } from "@codex/service";
import type { Sql } from "@codex/service/database";
import { STORAGE_LIMITS, type StorageLimits } from "./domain/limits.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { entryRoutes } from "./routes/entries.ts";
import type { VerifyTicket } from "./tickets.ts";

export interface AppDeps {
  /** As codex_storage: one connection's data at a time. */
  readonly sql: Sql;
  /** As codex_storage_maintenance: everything but values. */
  readonly maintenanceSql: Sql;
  readonly identity: Identity;
  readonly verifyTicket: VerifyTicket;
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly limits?: StorageLimits;
}

export function createApp({ logger, checks, limits = STORAGE_LIMITS, ...deps }: AppDeps) {
  return createServiceApp({ logger, checks })
    .route("/internal/storage", entryRoutes({ ...deps, limits }))
    .route("/internal", connectionRoutes(deps));
}

export type App = ReturnType<typeof createApp>;
