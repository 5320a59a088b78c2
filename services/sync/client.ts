/** Sync as other services call it. */
import { hc } from "hono/client";
import { ConnectionSync, ConnectionSyncList, Empty, type SyncService } from "@codex/protocol";
import { createServiceFetch, readReply, type ServiceClientOptions } from "@codex/service";
import type { App } from "./app.ts";

const AUDIENCE = "sync";

export function createSyncClient(options: Omit<ServiceClientOptions, "audience">): SyncService {
  const send = createServiceFetch({ ...options, audience: AUDIENCE });
  const { internal } = hc<App>(options.baseUrl);

  return {
    async listConnectionSyncs(context) {
      const reply = await internal.connections.$get({}, { fetch: send(context) });
      return (await readReply(AUDIENCE, ConnectionSyncList, reply)).connections;
    },
    async setSyncMode(context, pluginId, auto) {
      const mode = internal.plugins[":pluginId"]["sync-mode"];
      const call = { fetch: send(context) };
      const reply = await mode.$put({ param: { pluginId }, json: { auto } }, call);
      return await readReply(AUDIENCE, ConnectionSync, reply);
    },
    async purgeConnection(context, id) {
      const call = { fetch: send(context) };
      const reply = await internal.connections[":id"].$delete({ param: { id } }, call);
      await readReply(AUDIENCE, Empty, reply);
    },
    async purgeUser(context, id) {
      const call = { fetch: send(context) };
      const reply = await internal.users[":id"].$delete({ param: { id } }, call);
      await readReply(AUDIENCE, Empty, reply);
    },
  };
}
