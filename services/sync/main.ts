/** Starts sync: the only file that touches the environment, the network and signals. */
import {
  connectDatabase,
  countMigrations,
  createIdentity,
  databaseReady,
  refuseOwnerRole,
  runMain,
  serveUntilStopped,
  startLogging,
} from "@codex/service";
import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import * as schema from "./db/schema.ts";

await runMain("sync", async () => {
  const config = loadConfig({
    get: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFileSync(path),
  });
  const now = Date.now;
  const logger = await startLogging("sync", config.logLevel);
  const database = connectDatabase(config.databaseUrl, schema);
  await refuseOwnerRole(database.sql);

  const { privateKey, publicKeys } = config;
  const app = createApp({
    db: database.db,
    identity: await createIdentity({ service: "sync", privateKey, publicKeys, now }),
    logger,
    checks: { database: databaseReady(database.sql, "sync", countMigrations(journal)) },
  });
  const { hostname, port } = config;
  const onStop = [database.close];
  await serveUntilStopped({ fetch: app.fetch, hostname, port, logger, onStop });
});
