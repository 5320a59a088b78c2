/** The gateway as it is, but for one thing: every token is the same user's, and nobody is asked. */
import { createAuthClient } from "@codex/auth/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import { SCOPES_OF_ROLE, SessionId, UserId } from "@codex/protocol";
import { createIdentity, PrivateJwk, PublicJwks, quietLogger } from "@codex/service";
import { createSyncClient } from "@codex/sync/client";
import { createApp } from "../../../services/gateway/app.ts";
import { RequestAllowance } from "../../../services/gateway/connections/request_allowance.ts";

const [port, secrets, libraryUrl = "", userId] = Deno.args;
const read = async (name: string): Promise<unknown> =>
  JSON.parse(await Deno.readTextFile(`${secrets}/${name}`));
const now = Date.now;
const identity = await createIdentity({
  service: "gateway",
  privateKey: PrivateJwk.parse(await read("gateway/service-key.json")),
  publicKeys: PublicJwks.parse(await read("public-keys.json")),
  now,
});
const subject = {
  userId: UserId.parse(userId),
  role: "admin" as const,
  scopes: [...SCOPES_OF_ROLE.admin],
  fresh: true,
};
const sessionId = SessionId.parse(crypto.randomUUID());
// Only library is called.
const peer = { identity, baseUrl: libraryUrl };
const app = createApp({
  identity,
  auth: {
    ...createAuthClient(peer),
    resolve: () => Promise.resolve({ subject, kind: "session", sessionId }),
  },
  pluginHost: createPluginHostClient(peer),
  sync: createSyncClient(peer),
  serviceUrls: {
    auth: libraryUrl,
    library: libraryUrl,
    "plugin-host": libraryUrl,
    storage: libraryUrl,
    sync: libraryUrl,
  },
  fetch,
  logger: quietLogger(),
  now,
  publicUrl: new URL(`http://127.0.0.1:${port}`),
  trustedProxies: 0,
  eventStreamsMax: 100,
  allowance: new RequestAllowance({ now: () => performance.now() }),
});
Deno.serve(
  { hostname: "127.0.0.1", port: Number(port), onListen: () => {} },
  (request, info) => app.fetch(request, info),
);
