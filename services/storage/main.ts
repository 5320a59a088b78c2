/** Starts storage: the only file that touches the environment, the network and signals. */
import {
  configSource,
  createIdentity,
  createTicketVerifier,
  repeat,
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
import { sweepingTask } from "./sweeper.ts";
import { rememberTickets } from "./tickets.ts";

/** A set whose caller has given up (10 s) must not be stored later. */
const STATEMENT_TIMEOUT_MS = 9000;

await runMain("storage", async () => {
  const config = loadConfig(configSource(Deno.env));
  const now = Date.now;
  const logger = await startLogging("storage", config.logLevel);
  const database = connectDatabase(config.databaseUrl, schema, {
    connectionsMax: 10,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const maintenance = connectDatabase(config.maintenanceDatabaseUrl, schema, { connectionsMax: 2 });
  await Promise.all([refuseOwnerRole(database.sql), refuseOwnerRole(maintenance.sql)]);

  const { privateKey, publicKeys } = config;
  const verifyTicket = await createTicketVerifier(publicKeys.auth, now);
  const migrations = countMigrations(journal);
  const app = createApp({
    sql: database.sql,
    maintenanceSql: maintenance.sql,
    identity: await createIdentity({ service: "storage", privateKey, publicKeys, now }),
    verifyTicket: rememberTickets(verifyTicket, now),
    logger,
    checks: {
      database: databaseReady(database.sql, "storage", migrations),
      maintenance: databaseReady(maintenance.sql, "storage", migrations),
    },
  });
  const sweeping = repeat(sweepingTask(maintenance.sql, logger), logger);
  const { hostname, port } = config;
  const onStop = [sweeping.stop, database.close, maintenance.close];
  await serveUntilStopped({ fetch: app.fetch, hostname, port, logger, onStop });
});
