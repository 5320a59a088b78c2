/** What any user runs (http-api.md: "Plugins, every user"), forwarded by the gateway. */
import { Hono } from "hono";
import { z } from "zod";
import { ActionsQuery, API_BASE, ExecuteRequest, PluginId } from "@codex/protocol";
import {
  callContext,
  callers,
  jsonBody,
  path,
  query,
  type RequestEnv,
  requireScope,
} from "@codex/service";
import type { AppDeps } from "../deps.ts";

export function everyonesPluginRoutes({ registry, calls, identity }: AppDeps) {
  return new Hono<RequestEnv>()
    .basePath(API_BASE)
    .use("/plugins/*", callers(identity, "gateway"), requireScope("plugins:use"))
    .get("/plugins/actions", query(ActionsQuery), async (c) => {
      const { scope, libraryId } = c.req.valid("query");
      const plugins = (await registry.summaries()).filter((plugin) =>
        plugin.usable && plugin.scopes.includes(scope) &&
        (libraryId === undefined || plugin.libraryIds.length === 0 ||
          plugin.libraryIds.includes(libraryId))
      );
      const actions = plugins.map((plugin) => ({
        pluginId: plugin.id,
        pluginName: plugin.name,
        pluginDisplayName: plugin.displayName,
        actionType: "metadata_search",
        label: `Fetch from ${plugin.displayName}`,
        ...(plugin.manifest?.searchURITemplate !== undefined && {
          searchUriTemplate: plugin.manifest.searchURITemplate,
        }),
      }));
      return c.json({ actions, scope }, 200);
    })
    .post(
      "/plugins/:id/execute",
      path(z.object({ id: PluginId })),
      jsonBody(ExecuteRequest),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await calls.execute(callContext(c), id, c.req.valid("json")), 200);
      },
    );
}
