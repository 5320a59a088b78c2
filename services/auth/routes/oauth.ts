/** `/internal/oauth`: signing in at a plugin's provider; the gateway has the browser's side of it. */
import { Hono } from "hono";
import { OauthReturn, OauthStartRequest, PathPluginId } from "@codex/protocol";
import {
  callContext,
  callers,
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { finishOauth } from "../workflows/oauth_return.ts";
import { startOauth, type StartResult } from "../workflows/oauth_start.ts";
import { pluginProblem, userGone } from "./plugin_problems.ts";
import { vaultProblem } from "./ticket_problems.ts";

export function oauthRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const usePlugins = requireScope("plugins:use");
  return new Hono<RequestEnv>()
    .post(
      "/start/:pluginId",
      gateway,
      usePlugins,
      path(PathPluginId),
      jsonBody(OauthStartRequest),
      async (c) => {
        const { pluginId } = c.req.valid("param");
        const { sessionId } = c.req.valid("json");
        const result = await startOauth(deps, callContext(c), subjectOf(c), pluginId, sessionId);
        if (result.kind !== "started") throw startProblem(result);
        c.header("cache-control", "no-store");
        return c.json(result.started, 200);
      },
    )
    .post("/finish", gateway, usePlugins, jsonBody(OauthReturn), async (c) => {
      const outcome = await finishOauth(deps, callContext(c), subjectOf(c), c.req.valid("json"));
      return c.json(outcome, 200);
    });
}

function startProblem(refusal: Exclude<StartResult, { kind: "started" }>): ProblemError {
  switch (refusal.kind) {
    case "no_oauth":
      return new ProblemError(
        "unprocessable",
        `Plugin "${refusal.plugin.name}" has no provider to sign in at`,
      );
    case "unsafe_provider":
      return new ProblemError(
        "unprocessable",
        `The provider of plugin "${refusal.plugin.name}" must be reached by https: ` +
          "CODEX_ALLOWED_PRIVATE_HOSTS names exceptions",
      );
    case "not_configured":
      return new ProblemError(
        "unprocessable",
        `The administrator has not set the OAuth client of plugin "${refusal.plugin.name}" yet`,
      );
    case "too_many":
      return new ProblemError(
        "rate_limited",
        "Three sign-ins are pending already: finish one, or wait until it ends",
        { retryAfterSeconds: refusal.retryAfterSeconds },
      );
    case "session_gone":
      return userGone();
    case "no_key":
    case "unknown_key":
      return vaultProblem(refusal);
    default:
      return pluginProblem(refusal);
  }
}
