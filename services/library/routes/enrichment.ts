/** Preview, apply and auto-match of a plugin's metadata, for series and for books. */
import { Hono } from "hono";
import { ApplyRequest, AutoMatchRequest, PathIds, PreviewRequest } from "@codex/protocol";
import { callContext, jsonBody, path, type RequestEnv, requireScope } from "@codex/service";
import type { LibraryDeps } from "../deps.ts";
import type { Kind } from "../domain/document.ts";
import { autoMatch } from "../workflows/auto_match.ts";
import { apply, preview } from "../workflows/enrich.ts";

export function enrichmentRoutes(deps: LibraryDeps, kind: Kind) {
  return new Hono<RequestEnv>()
    .post(
      "/:id/metadata/preview",
      requireScope("library:write"),
      path(PathIds),
      jsonBody(PreviewRequest),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await preview(deps, callContext(c), kind, id, c.req.valid("json")), 200);
      },
    )
    .post(
      "/:id/metadata/apply",
      requireScope("library:write"),
      path(PathIds),
      jsonBody(ApplyRequest),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await apply(deps, callContext(c), kind, id, c.req.valid("json")), 200);
      },
    )
    .post(
      "/:id/metadata/auto-match",
      requireScope("library:write"),
      path(PathIds),
      jsonBody(AutoMatchRequest),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await autoMatch(deps, callContext(c), kind, id, c.req.valid("json")), 200);
      },
    );
}
