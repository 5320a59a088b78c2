/** plugin-host as other services call it. */
import { hc } from "hono/client";
import {
  Empty,
  PLACE_WAIT_SECONDS_MAX,
  PluginCallAnswer,
  type PluginHostService,
  PluginSummary,
  PluginSummaryList,
} from "@codex/protocol";
import { createServiceFetch, readReply, type ServiceClientOptions } from "@codex/service";
import type { App } from "./app.ts";

const AUDIENCE = "plugin-host";
/**
 * The longest deadline of a plugin's call (300 s, its start included), the wait before it, and a
 * margin to answer.
 */
const CALL_DEADLINE_MS = (300 + PLACE_WAIT_SECONDS_MAX) * 1000 + 10_000;

export function createPluginHostClient(
  options: Omit<ServiceClientOptions, "audience">,
): PluginHostService {
  const send = createServiceFetch({ ...options, audience: AUDIENCE });
  const { internal } = hc<App>(options.baseUrl);
  const plugin = internal.plugins[":id"];

  return {
    async listPlugins(context) {
      const reply = await internal.plugins.$get({}, { fetch: send(context) });
      return (await readReply(AUDIENCE, PluginSummaryList, reply)).plugins;
    },
    async getPlugin(context, id) {
      const reply = await plugin.$get({ param: { id } }, { fetch: send(context) });
      return await readReply(AUDIENCE, PluginSummary, reply);
    },
    async callPlugin(context, id, call) {
      const fetch = send(context, CALL_DEADLINE_MS);
      const reply = await plugin.call.$post({ param: { id }, json: call }, { fetch });
      return await readReply(AUDIENCE, PluginCallAnswer, reply);
    },
    async purgeConnection(context, id) {
      const fetch = send(context);
      await readReply(
        AUDIENCE,
        Empty,
        await internal.connections[":id"].$delete({ param: { id } }, { fetch }),
      );
    },
    async withdrawConnection(context, id, revision) {
      const reply = await internal.connections[":id"].withdraw.$post(
        { param: { id }, json: { revision } },
        { fetch: send(context) },
      );
      await readReply(AUDIENCE, Empty, reply);
    },
    async purgeUser(context, id) {
      const fetch = send(context);
      await readReply(
        AUDIENCE,
        Empty,
        await internal.users[":id"].$delete({ param: { id } }, { fetch }),
      );
    },
  };
}
