/** Starts auth: the only file that touches the environment, the network and signals. */
import { secureRandomBytes } from "@codex/crypto";
import { createPasswordHasher } from "@codex/crypto/password";
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
import { createGuardedFetch } from "@codex/service/guarded-fetch";
import { createApp } from "./app.ts";
import { startBackground } from "./background.ts";
import { loadConfig } from "./config.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import * as schema from "./db/schema.ts";
import { createDeviceTokens } from "./guesses/device_tokens.ts";
import { createThrottles } from "./guesses/throttle.ts";
import { createPeers } from "./peers.ts";
import { announceSetupCode, requireReady, requireRightKey } from "./start_checks.ts";
import { createTickets } from "./tickets.ts";
import { createTokenRefresher } from "./token_refresher.ts";

await runMain("auth", async () => {
  const config = loadConfig(configSource(Deno.env));
  const { hostname, port, privateKey, publicKeys, keyring, setupCode, redirectUrl } = config;
  const logger = await startLogging("auth", config.logLevel);
  const { db, sql, close } = connectDatabase(config.databaseUrl, schema, { connectionsMax: 10 });
  const base = { db, logger, now: Date.now, random: secureRandomBytes, keyring, setupCode };
  const database = databaseReady(sql, "auth", countMigrations(journal));
  await requireReady(database);
  await refuseOwnerRole(sql);
  await requireRightKey(base);
  await announceSetupCode(base, (line) => Deno.stdout.writeSync(new TextEncoder().encode(line)));

  const { now } = base;
  const identity = await createIdentity({ service: "auth", privateKey, publicKeys, now });
  const { pluginHost, purgers } = createPeers(identity, config.peers);
  const background = startBackground({ ...base, purgers });
  const outside = { pluginHost, guardedFetch: createGuardedFetch(config) };
  const app = createApp({
    ...base,
    ...outside,
    identity,
    redirectUrl,
    allowedHosts: config.allowedHosts,
    passwords: createPasswordHasher(),
    throttles: createThrottles(sql),
    devices: await createDeviceTokens(privateKey, now),
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    tickets: await createTickets(privateKey, now),
    tokens: createTokenRefresher({ ...base, ...outside }),
    checks: { database },
    onPurgesOwed: background.purgeNow,
  });
  const onStop = [background.stop, close];
  await serveUntilStopped({ fetch: (it) => app.fetch(it), hostname, port, logger, onStop });
});
