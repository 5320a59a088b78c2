/** `/admin/plugins/{id}/oauth`: the client that the administrator registered at a plugin's provider. */
import { Hono } from "hono";
import { z } from "zod";
import { OauthClientChange, PluginId } from "@codex/protocol";
import {
  callContext,
  callers,
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireFresh,
  requireScope,
  subjectOf,
} from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import {
  changeOauthClient,
  type OauthClientResult,
  showOauthClient,
} from "../workflows/oauth_clients.ts";
import { vaultProblem } from "./ticket_problems.ts";

const byId = path(z.object({ id: PluginId }));

export function oauthClientRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const admin = requireScope("plugins:admin");
  return new Hono<RequestEnv>()
    .get("/:id/oauth", gateway, admin, byId, async (c) => {
      const { id } = c.req.valid("param");
      return c.json(clientOf(await showOauthClient(deps, callContext(c), id)), 200);
    })
    .put(
      "/:id/oauth",
      gateway,
      admin,
      requireFresh,
      byId,
      jsonBody(OauthClientChange),
      async (c) => {
        const { id } = c.req.valid("param");
        const change = c.req.valid("json");
        const result = await changeOauthClient(deps, callContext(c), subjectOf(c), id, change);
        return c.json(clientOf(result), 200);
      },
    );
}

function clientOf(result: OauthClientResult) {
  switch (result.kind) {
    case "found":
      return result.client;
    case "no_oauth":
      throw new ProblemError(
        "unprocessable",
        `Plugin "${result.pluginName}" has no provider to sign in at, or is not granted yet`,
      );
    default:
      throw vaultProblem(result);
  }
}
