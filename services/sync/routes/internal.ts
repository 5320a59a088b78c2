/** What other services ask: what gateway shows of connections, and auth's purges (architecture.md: "Disconnect"). */
import { Hono } from "hono";
import { ConnectionId, PathPluginId, SyncModeChange, UserId } from "@codex/protocol";
import {
  callContext,
  callers,
  jsonBody,
  path,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { z } from "zod";
import { purgeConnection, purgeUser } from "../db/purge_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { connectionSyncsOf, setSyncMode } from "../workflows/sync_mode.ts";

export function internalRoutes(deps: SyncDeps) {
  const { db, identity } = deps;
  const gateway = callers(identity, "gateway");
  const auth = callers(identity, "auth");
  const usePlugins = requireScope("plugins:use");
  return new Hono<RequestEnv>()
    .get("/connections", gateway, usePlugins, async (c) => {
      const connections = await connectionSyncsOf(deps, subjectOf(c).userId);
      return c.json({ connections }, 200);
    })
    .put(
      "/plugins/:pluginId/sync-mode",
      gateway,
      usePlugins,
      path(PathPluginId),
      jsonBody(SyncModeChange),
      async (c) => {
        const { pluginId } = c.req.valid("param");
        const { auto } = c.req.valid("json");
        return c.json(await setSyncMode(deps, callContext(c), pluginId, auto), 200);
      },
    )
    .delete("/connections/:id", auth, path(z.object({ id: ConnectionId })), async (c) => {
      await purgeConnection(db, c.req.valid("param").id);
      return c.json({}, 200);
    })
    .delete("/users/:id", auth, path(z.object({ id: UserId })), async (c) => {
      await purgeUser(db, c.req.valid("param").id);
      return c.json({}, 200);
    });
}
