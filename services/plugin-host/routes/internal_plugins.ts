/** What other services ask: plugins as they need them, and calls to them. */
import { Hono } from "hono";
import { z } from "zod";
import { PluginCall, PluginId } from "@codex/protocol";
import { callContext, callers, jsonBody, path, type RequestEnv } from "@codex/service";
import type { AppDeps } from "../deps.ts";

const byId = path(z.object({ id: PluginId }));

export function internalPluginRoutes({ registry, calls, identity }: AppDeps) {
  const anyReader = callers(identity, "gateway", "auth", "library", "sync");
  return new Hono<RequestEnv>()
    .basePath("/internal/plugins")
    .get("/", anyReader, async (c) => c.json({ plugins: await registry.summaries() }, 200))
    .get("/:id", anyReader, byId, async (c) => {
      const record = await registry.find(c.req.valid("param").id);
      return c.json(await registry.summary(record), 200);
    })
    .post(
      "/:id/call",
      callers(identity, "gateway", "auth", "library", "sync"),
      byId,
      jsonBody(PluginCall),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await calls.call(callContext(c), id, c.req.valid("json")), 200);
      },
    );
}
