/** `/internal/connections`: the subject's connections; the gateway composes the public calls of them. */
import { Hono } from "hono";
import { ConfigChange, CredentialsRequest, type FieldError, PathPluginId } from "@codex/protocol";
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
import { configure, disable, disconnect, enable, list } from "../workflows/connections.ts";
import { enterCredentials, type EnterResult } from "../workflows/enter_credentials.ts";
import { issueTicket } from "../workflows/tickets.ts";
import { pluginProblem, userGone } from "./plugin_problems.ts";
import { noConnection, ticketProblem, vaultProblem } from "./ticket_problems.ts";

export function connectionRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const gatewayOrSync = callers(deps.identity, "gateway", "sync");
  const usePlugins = requireScope("plugins:use");
  const byPlugin = path(PathPluginId);
  return new Hono<RequestEnv>()
    .get("/", gatewayOrSync, usePlugins, async (c) => c.json(await list(deps, subjectOf(c)), 200))
    .post("/:pluginId/enable", gateway, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      const result = await enable(deps, callContext(c), subjectOf(c), pluginId);
      switch (result.kind) {
        case "enabled":
          return c.json(result.connection, 200);
        case "user_gone":
          throw userGone();
        default:
          throw pluginProblem(result);
      }
    })
    .post("/:pluginId/disable", gateway, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      if (!await disable(deps, subjectOf(c), pluginId)) throw noConnection();
      return c.json({}, 200);
    })
    .put(
      "/:pluginId/config",
      gateway,
      usePlugins,
      byPlugin,
      jsonBody(ConfigChange),
      async (c) => {
        const { pluginId } = c.req.valid("param");
        const { config } = c.req.valid("json");
        const result = await configure(deps, callContext(c), subjectOf(c), pluginId, config);
        switch (result.kind) {
          case "configured":
            return c.json(result.connection, 200);
          case "not_found":
            throw noConnection();
          case "refused":
            throw badFields(result.errors);
        }
      },
    )
    .put(
      "/:pluginId/credentials",
      gateway,
      usePlugins,
      byPlugin,
      jsonBody(CredentialsRequest),
      async (c) => {
        const { pluginId } = c.req.valid("param");
        const entered = c.req.valid("json");
        const result = await enterCredentials(
          deps,
          callContext(c),
          subjectOf(c),
          pluginId,
          entered,
        );
        if (result.kind !== "entered") throw credentialsProblem(result);
        return c.json(result.connection, 200);
      },
    )
    .delete("/:pluginId", gateway, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      if (!await disconnect(deps, subjectOf(c), pluginId)) throw noConnection();
      return c.json({}, 200);
    })
    .post("/:pluginId/ticket", gatewayOrSync, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      const result = await issueTicket(deps, callContext(c), subjectOf(c), pluginId);
      if (result.kind !== "issued") throw ticketProblem(result);
      return c.json(result.answer, 200);
    });
}

function badFields(errors: readonly FieldError[]): ProblemError {
  const named = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; ");
  return new ProblemError("bad_request", named, { errors });
}

function credentialsProblem(refusal: Exclude<EnterResult, { kind: "entered" }>): ProblemError {
  switch (refusal.kind) {
    case "refused":
      return badFields(refusal.errors);
    case "none_needed":
      return new ProblemError(
        "unprocessable",
        `Plugin "${refusal.plugin.name}" takes no credentials of users`,
      );
    case "user_gone":
      return userGone();
    case "no_key":
      return vaultProblem(refusal);
    default:
      return pluginProblem(refusal);
  }
}
