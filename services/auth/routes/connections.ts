/** `/internal/connections`: the subject's connections; the gateway composes the public calls of them. */
import { Hono } from "hono";
import { ConfigChange, PathPluginId } from "@codex/protocol";
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
import { issueTicket } from "../workflows/tickets.ts";
import { noConnection, ticketProblem } from "./ticket_problems.ts";

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
        case "not_for_users":
          throw new ProblemError(
            "unprocessable",
            `Plugin "${result.plugin.name}" works for everyone: there is nothing to connect`,
          );
        case "plugin_off":
          throw new ProblemError(
            "plugin_off",
            `Plugin "${result.plugin.name}" is off: ${result.plugin.stateReason ?? "disabled"}`,
            { retryAfterSeconds: 60 },
          );
        case "user_gone":
          throw new ProblemError("unauthenticated", "Sign in again: the session has ended");
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
        const result = await configure(deps, subjectOf(c), pluginId, config);
        switch (result.kind) {
          case "configured":
            return c.json(result.connection, 200);
          case "not_found":
            throw noConnection();
          case "refused": {
            const { pointer, detail } = result;
            throw new ProblemError("bad_request", `${pointer}: ${detail}`, {
              errors: [{ pointer, detail }],
            });
          }
        }
      },
    )
    .delete("/:pluginId", gateway, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      if (!await disconnect(deps, subjectOf(c), pluginId)) throw noConnection();
      return c.json({}, 200);
    })
    .post("/:pluginId/ticket", gatewayOrSync, usePlugins, byPlugin, async (c) => {
      const { pluginId } = c.req.valid("param");
      const result = await issueTicket(deps, subjectOf(c), pluginId);
      if (result.kind !== "issued") throw ticketProblem(result);
      return c.json(result.answer, 200);
    });
}
