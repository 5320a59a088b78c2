/** Starts library: the only file that touches the environment, the network and signals. */
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

await runMain("library", async () => {
  const config = loadConfig(configSource(Deno.env));
  const logger = await startLogging("library", config.CODEX_LOG_LEVEL);
  const database = connectDatabase(config.CODEX_LIBRARY_DATABASE_URL, schema, {
    connectionsMax: 10,
  });
  await refuseOwnerRole(database.sql);

  const identity = await createIdentity({
    service: "library",
    privateKey: config.CODEX_SERVICE_KEY,
    publicKeys: config.CODEX_SERVICE_PUBLIC_KEYS,
    now: Date.now,
  });
  const app = createApp({
    identity,
    db: database.db,
    logger,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    pluginHost: createPluginHostClient({ identity, baseUrl: config.CODEX_PLUGIN_HOST_URL }),
    checks: { database: databaseReady(database.sql, "library", countMigrations(journal)) },
  });
  await serveUntilStopped({
    fetch: (request) => app.fetch(request),
    hostname: config.CODEX_HOST,
    port: config.CODEX_LIBRARY_PORT,
    logger,
    onStop: [database.close],
  });
});
