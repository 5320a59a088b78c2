/** What other services use of library, over HTTP. */
import { hc } from "hono/client";
import { Empty, type LibraryService } from "@codex/protocol";
import { createServiceFetch, readReply, type ServiceClientOptions } from "@codex/service";
import type { App } from "./app.ts";

const SERVICE = "library";

export function createLibraryClient(
  options: Omit<ServiceClientOptions, "audience">,
): LibraryService {
  const serviceFetch = createServiceFetch({ ...options, audience: SERVICE });
  const client = (context: Parameters<typeof serviceFetch>[0]) =>
    hc<App>(options.baseUrl, { fetch: serviceFetch(context) });
  return {
    async purgeConnection(context, connectionId) {
      const reply = await client(context).internal.connections[":id"]
        .$delete({ param: { id: connectionId } });
      await readReply(SERVICE, Empty, reply);
    },
    async purgeUser(context, userId) {
      const reply = await client(context).internal.users[":id"]
        .$delete({ param: { id: userId } });
      await readReply(SERVICE, Empty, reply);
    },
  };
}
