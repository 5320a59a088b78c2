/** `/user/recommendations`: what to read next (http-api.md: "Plugins, every user"). */
import { type Context, Hono } from "hono";
import { API_BASE, DismissRequest, type Subject } from "@codex/protocol";
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
import type { SyncDeps } from "../deps.ts";
import {
  dismissRecommendation,
  listRecommendations,
  refreshRecommendations,
} from "../workflows/recommendations.ts";

/** The plugin's own string. */
const PathExternalId = z.object({ externalId: z.string().min(1).max(500) });

export function recommendationRoutes(deps: SyncDeps) {
  return new Hono<RequestEnv>()
    .basePath(`${API_BASE}/user/recommendations`)
    .use(callers(deps.identity, "gateway"), requireScope("plugins:use"))
    .get("/", async (c) => c.json(await listRecommendations(deps, userContext(c)), 200))
    .post("/refresh", async (c) => c.json(await refreshRecommendations(deps, userContext(c)), 200))
    .post("/:externalId/dismiss", path(PathExternalId), jsonBody(DismissRequest), async (c) => {
      const { externalId } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      await dismissRecommendation(deps, userContext(c), externalId, reason);
      return c.json({ dismissed: true }, 200);
    });
}

function userContext(
  c: Context<RequestEnv>,
): ReturnType<typeof callContext> & { readonly subject: Subject } {
  return { ...callContext(c), subject: subjectOf(c) };
}
