/** Starts sync: the only file that touches the environment, the network and signals. */
import { createAuthClient } from "@codex/auth/client";
import { createLibraryClient } from "@codex/library/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import {
  configSource,
  createIdentity,
  runMain,
  serveUntilStopped,
  startLogging,
} from "@codex/service";
import {
  connectDatabase,
  countMigrations,
  databaseReady,
  refuseOwnerRole,
} from "@codex/service/database";
import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import * as schema from "./db/schema.ts";
import { PULL_LIMITS } from "./domain/page_guard.ts";
import { JobEngine } from "./jobs/engine.ts";
import { createJobHandlers } from "./jobs/handlers.ts";
import { LEASE_MS } from "./runs/held_run.ts";

await runMain("sync", async () => {
  const config = loadConfig(configSource(Deno.env));
  const { hostname, port, privateKey, publicKeys, databaseUrl } = config;
  const logger = await startLogging("sync", config.logLevel);
  const { db, sql, close } = connectDatabase(databaseUrl, schema, { connectionsMax: 10 });
  await refuseOwnerRole(sql);

  const now = Date.now;
  const identity = await createIdentity({ service: "sync", privateKey, publicKeys, now });
  const jobs = new JobEngine(databaseUrl, logger);
  const deps = {
    db,
    identity,
    logger,
    now,
    newId: () => crypto.randomUUID(),
    auth: createAuthClient({ identity, baseUrl: config.authUrl }),
    library: createLibraryClient({ identity, baseUrl: config.libraryUrl }),
    pluginHost: createPluginHostClient({ identity, baseUrl: config.pluginHostUrl }),
    jobs,
    pullLimits: PULL_LIMITS,
    leaseMs: LEASE_MS,
    checks: { database: databaseReady(sql, "sync", countMigrations(journal)) },
  };
  const app = createApp(deps);
  await jobs.start(createJobHandlers(deps, (wanted) => jobs.setSchedules(wanted)));
  const onStop = [() => jobs.stop(), close];
  await serveUntilStopped({ fetch: (it) => app.fetch(it), hostname, port, logger, onStop });
});
