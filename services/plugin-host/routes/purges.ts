/**
 * The end of a connection or a person: of processes alone where it was turned off, else also of data folders
 * and the egress ledger. Idempotent.
 */
import { Hono } from "hono";
import { z } from "zod";
import { ConnectionId, UserId, Withdrawal } from "@codex/protocol";
import { callers, jsonBody, path, type RequestEnv } from "@codex/service";
import { insertWithdrawal } from "../db/withdrawal_queries.ts";
import type { AppDeps } from "../deps.ts";
import { reconcile } from "../registry/reconciler.ts";

export function purgeRoutes({ db, runtime, purges, identity }: AppDeps) {
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
    .post(
      "/connections/:id/withdraw",
      callers(identity, "auth"),
      path(z.object({ id: ConnectionId })),
      jsonBody(Withdrawal),
      async (c) => {
        await insertWithdrawal(db, c.req.valid("param").id, c.req.valid("json").revision);
        await reconcile(db, runtime);
        return c.json({}, 200);
      },
    )
    .delete("/users/:id", callers(identity, "auth"), path(z.object({ id: UserId })), async (c) => {
      await purges.purge({ kind: "user", id: c.req.valid("param").id });
      return c.json({}, 200);
    });
}
