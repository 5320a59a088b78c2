/** Sync as other services call it. */
import { hc } from "hono/client";
import { z } from "zod";
import type { SyncService } from "@codex/protocol";
import { createServiceFetch, readReply, type ServiceClientOptions } from "@codex/service";
import type { App } from "./app.ts";

const AUDIENCE = "sync";

export function createSyncClient(options: Omit<ServiceClientOptions, "audience">): SyncService {
  const send = createServiceFetch({ ...options, audience: AUDIENCE });
  const { internal } = hc<App>(options.baseUrl);

  return {
    async purgeConnection(context, id) {
      const call = { fetch: send(context) };
      const reply = await internal.connections[":id"].$delete({ param: { id } }, call);
      await readReply(AUDIENCE, Purged, reply);
    },
    async purgeUser(context, id) {
      const call = { fetch: send(context) };
      const reply = await internal.users[":id"].$delete({ param: { id } }, call);
      await readReply(AUDIENCE, Purged, reply);
    },
  };
}

const Purged = z.object({});
