/** Starts the gateway: the only file that touches the environment, the network and signals. */
import { createAuthClient } from "@codex/auth/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import {
  configSource,
  createIdentity,
  runMain,
  serveUntilStopped,
  startLogging,
} from "@codex/service";
import { createSyncClient } from "@codex/sync/client";
import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";

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
  const app = createApp({
    ...config,
    identity,
    auth: createAuthClient({ identity, baseUrl: serviceUrls.auth }),
    pluginHost: createPluginHostClient({ identity, baseUrl: serviceUrls["plugin-host"] }),
    sync: createSyncClient({ identity, baseUrl: serviceUrls.sync }),
    fetch,
    logger,
    now,
  });
  await serveUntilStopped({
    fetch: (request, info) => app.fetch(request, info),
    hostname: config.hostname,
    port: config.port,
    logger,
    onStop: [],
  });
});
