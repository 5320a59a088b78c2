/** What auth asks when a connection or a user goes (architecture.md: "Services and what each owns"). Idempotent. */
import { Hono } from "hono";
import { z } from "zod";
import { ConnectionId, UserId } from "@codex/protocol";
import { callers, path, type RequestEnv } from "@codex/service";
import { transact } from "../db/database.ts";
import { purgeUser } from "../db/purge_queries.ts";
import type { LibraryDeps } from "../deps.ts";

export function internalRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .use(callers(deps.identity, "auth"))
    // Library keeps nothing of a connection.
    .delete("/connections/:id", path(z.object({ id: ConnectionId })), (c) => c.json({}, 200))
    .delete("/users/:id", path(z.object({ id: UserId })), async (c) => {
      await transact(deps.db, (tx) => purgeUser(tx, c.req.valid("param").id));
      return c.json({}, 200);
    });
}
