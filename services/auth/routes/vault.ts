/** `/vault`: the plugins' secrets, for plugin-host alone; those of a connection against its ticket. */
import { Hono } from "hono";
import { PathPluginId, PluginSecretsChange, TicketRequest } from "@codex/protocol";
import { callContext, callers, jsonBody, path, type RequestEnv } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { releaseSecrets } from "../workflows/tickets.ts";
import { changePluginSecrets, deletePlugin, readSecrets } from "../workflows/vault.ts";
import { presentedTicketProblem, vaultProblem } from "./ticket_problems.ts";

export function vaultRoutes(deps: AuthDeps) {
  const pluginHost = callers(deps.identity, "plugin-host");
  const byPlugin = path(PathPluginId);
  return new Hono<RequestEnv>()
    .put("/plugins/:pluginId", pluginHost, byPlugin, jsonBody(PluginSecretsChange), async (c) => {
      const { pluginId } = c.req.valid("param");
      const result = await changePluginSecrets(deps, pluginId, c.req.valid("json"));
      if (result.kind !== "ok") throw vaultProblem(result);
      return c.json({}, 200);
    })
    .get("/plugins/:pluginId", pluginHost, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      const owner = { purpose: "plugin_credential", ownerId: pluginId } as const;
      const result = await readSecrets(deps, owner);
      if (result.kind !== "ok") throw vaultProblem(result);
      c.header("cache-control", "no-store");
      return c.json({ credentials: result.values }, 200);
    })
    .delete("/plugins/:pluginId", pluginHost, byPlugin, async (c) => {
      await deletePlugin(deps, c.req.valid("param").pluginId);
      return c.json({}, 200);
    })
    .post("/connections/release", pluginHost, jsonBody(TicketRequest), async (c) => {
      const result = await releaseSecrets(deps, callContext(c), c.req.valid("json").ticket);
      if (result.kind !== "released") throw presentedTicketProblem(result);
      c.header("cache-control", "no-store");
      return c.json(result.secrets, 200);
    });
}
