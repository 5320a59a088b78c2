/** Starts plugin-host: the only file that touches the environment, the network and signals. */
import { createAuthClient } from "@codex/auth/client";
import {
  configSource,
  createIdentity,
  createTicketVerifier,
  repeatAll,
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
import { createStorageClient } from "@codex/storage/client";
import { createApp } from "./app.ts";
import { assemble } from "./assembly.ts";
import { loadConfig } from "./config.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import * as schema from "./db/schema.ts";
import { findInstallation, tellFaults, tellIsolation } from "./installation.ts";
import { STORAGE_DEADLINE_MS } from "./runtime/reverse_storage.ts";

await runMain("plugin-host", async () => {
  const config = loadConfig(configSource(Deno.env));
  const now = Date.now;
  const { hostname, port, privateKey, publicKeys } = config;
  const logger = await startLogging("plugin-host", config.logLevel);
  const { db, sql, close } = connectDatabase(config.databaseUrl, schema, { connectionsMax: 10 });
  await refuseOwnerRole(sql);
  const identity = await createIdentity({ service: "plugin-host", privateKey, publicKeys, now });
  const installation = await findInstallation(config, logger);
  const deadlineMs = STORAGE_DEADLINE_MS;
  const deps = assemble({
    db,
    identity,
    auth: createAuthClient({ identity, baseUrl: config.authUrl }),
    storage: createStorageClient({ identity, baseUrl: config.storageUrl, deadlineMs }),
    verifyTicket: await createTicketVerifier(publicKeys.auth, now),
    logger,
    checks: { database: databaseReady(sql, "plugin_host", countMigrations(journal)) },
    config,
    installation,
    now,
  });
  const reaped = await deps.records.reapLeftovers();
  if (reaped > 0) logger.warn("Ended {reaped} plugins that a killed host left behind", { reaped });
  tellIsolation(installation, config.sandboxMode, logger);
  await deps.purges.follow();
  tellFaults((await deps.folders.discover()).errors, logger);

  const app = createApp(deps);
  const stopTasks = repeatAll(deps.tasks, logger);
  const onStop = [
    stopTasks,
    () => deps.runtime.close(),
    () => installation.broker.close(),
    () => deps.ledger.flush(),
    () => deps.traffic.flush(),
    close,
  ];
  await serveUntilStopped({ fetch: (it) => app.fetch(it), hostname, port, logger, onStop });
});
