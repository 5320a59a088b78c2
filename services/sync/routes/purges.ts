/** What auth asks when a connection or a user is gone (architecture.md: "Disconnect"). */
import { Hono } from "hono";
import { z } from "zod";
import { ConnectionId, UserId } from "@codex/protocol";
import { callers, type Identity, path, type RequestEnv } from "@codex/service";
import { purgeConnection, purgeUser, type SyncDatabase } from "../db/queries.ts";

export interface PurgeRouteDeps {
  readonly db: SyncDatabase;
  readonly identity: Identity;
}

export function purgeRoutes({ db, identity }: PurgeRouteDeps) {
  return new Hono<RequestEnv>()
    .delete(
      "/connections/:id",
      callers(identity, "auth"),
      path(z.object({ id: ConnectionId })),
      async (c) => {
        await purgeConnection(db, c.req.valid("param").id);
        return c.json({}, 200);
      },
    )
    .delete("/users/:id", callers(identity, "auth"), path(z.object({ id: UserId })), async (c) => {
      await purgeUser(db, c.req.valid("param").id);
      return c.json({}, 200);
    });
}
