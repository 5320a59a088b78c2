/** Starts the gateway: the only file that touches the environment, the network and signals. */
import { createAuthClient } from "@codex/auth/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import {
  configSource,
  createIdentity,
  runMain,
  runUntilStopped,
  startLogging,
} from "@codex/service";
import { createSyncClient } from "@codex/sync/client";
import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import { serveConnections } from "./connections/connection_server.ts";
import { RequestAllowance } from "./connections/request_allowance.ts";

await runMain("gateway", async () => {
  const config = loadConfig(configSource(Deno.env));
  const logger = await startLogging("gateway", config.logLevel);
  const now = Date.now;
  const identity = await createIdentity({
    service: "gateway",
    privateKey: config.privateKey,
    publicKeys: config.publicKeys,
    now,
  });
  const { serviceUrls } = config;
  const allowance = new RequestAllowance({ now: () => performance.now() });
  const isBehindProxy = config.trustedProxies > 0;
  const app = createApp({
    ...config,
    allowance,
    identity,
    auth: createAuthClient({ identity, baseUrl: serviceUrls.auth }),
    pluginHost: createPluginHostClient({ identity, baseUrl: serviceUrls["plugin-host"] }),
    sync: createSyncClient({ identity, baseUrl: serviceUrls.sync }),
    fetch,
    logger,
    now,
  });
  const server = serveConnections({
    hostname: config.hostname,
    port: config.port,
    handle: (request, connection) => app.fetch(request, connection),
    logger,
    max: config.connectionsMax,
    // Behind proxies of one's own all connections are theirs: it is they who count clients.
    perAddressMax: isBehindProxy ? config.connectionsMax : config.connectionsPerAddressMax,
    ...(!isBehindProxy && { isShutOut: (group) => allowance.isShutOut(group) }),
  });
  await runUntilStopped({ server, logger, onStop: [] });
});
