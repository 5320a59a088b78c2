/** What is done over all connections: counting their use, and purging. Runs under the maintenance role. */
import { Hono } from "hono";
import { z } from "zod";
import { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { callers, type Identity, path, type RequestEnv } from "@codex/service";
import type { Sql } from "@codex/service/database";
import { countUse, purgeConnection, purgeUser } from "../db/queries.ts";

export interface ConnectionRouteDeps {
  readonly maintenanceSql: Sql;
  readonly identity: Identity;
}

export function connectionRoutes({ maintenanceSql, identity }: ConnectionRouteDeps) {
  return new Hono<RequestEnv>()
    .get(
      "/plugins/:pluginId/use",
      callers(identity, "plugin-host"),
      path(z.object({ pluginId: PluginId })),
      async (c) => {
        const connections = await countUse(maintenanceSql, c.req.valid("param").pluginId);
        return c.json({ connections }, 200);
      },
    )
    .delete(
      "/connections/:id",
      callers(identity, "auth"),
      path(z.object({ id: ConnectionId })),
      async (c) => {
        await purgeConnection(maintenanceSql, c.req.valid("param").id);
        return c.json({}, 200);
      },
    )
    .delete(
      "/users/:id",
      callers(identity, "auth"),
      path(z.object({ id: UserId })),
      async (c) => {
        await purgeUser(maintenanceSql, c.req.valid("param").id);
        return c.json({}, 200);
      },
    );
}
