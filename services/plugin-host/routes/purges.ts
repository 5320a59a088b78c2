/** Deletion of what is kept of a connection or a person: processes, data folders, the egress ledger. Idempotent. */
import { Hono } from "hono";
import { z } from "zod";
import { ConnectionId, UserId } from "@codex/protocol";
import { callers, path, type RequestEnv } from "@codex/service";
import type { AppDeps } from "../deps.ts";

export function purgeRoutes({ purges, identity }: AppDeps) {
  return new Hono<RequestEnv>()
    .basePath("/internal")
    .delete(
      "/connections/:id",
      callers(identity, "auth"),
      path(z.object({ id: ConnectionId })),
      async (c) => {
        await purges.purge({ kind: "connection", id: c.req.valid("param").id });
        return c.json({}, 200);
      },
    )
    .delete("/users/:id", callers(identity, "auth"), path(z.object({ id: UserId })), async (c) => {
      await purges.purge({ kind: "user", id: c.req.valid("param").id });
      return c.json({}, 200);
    });
}
