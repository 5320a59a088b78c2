/** `POST /internal/principal`: whose token it is. */
import { Hono } from "hono";
import { ResolveRequest } from "@codex/protocol";
import { callers, jsonBody, type RequestEnv } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { resolvePrincipal } from "../workflows/principal.ts";

export function principalRoutes(deps: AuthDeps) {
  return new Hono<RequestEnv>()
    .post("/", callers(deps.identity, "gateway"), jsonBody(ResolveRequest), async (c) => {
      const principal = await resolvePrincipal(deps, c.req.valid("json").token);
      return c.json({ principal }, 200);
    });
}
