/** `/internal/tickets`: a new ticket for a live process, and what a plugin's service said to its token. */
import { Hono } from "hono";
import { AuthFailureReport, TicketRequest } from "@codex/protocol";
import { callContext, callers, jsonBody, type RequestEnv } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { noteAuthFailure, renewTicket } from "../workflows/tickets.ts";
import { presentedTicketProblem } from "./ticket_problems.ts";

export function ticketRoutes(deps: AuthDeps) {
  const pluginHost = callers(deps.identity, "plugin-host");
  const holders = callers(deps.identity, "plugin-host", "gateway", "sync");
  return new Hono<RequestEnv>()
    .post("/renew", pluginHost, jsonBody(TicketRequest), async (c) => {
      const result = await renewTicket(deps, callContext(c), c.req.valid("json").ticket);
      if (result.kind !== "issued") throw presentedTicketProblem(result);
      return c.json(result.answer, 200);
    })
    .post("/auth-failure", holders, jsonBody(AuthFailureReport), async (c) => {
      const { ticket, reason } = c.req.valid("json");
      const result = await noteAuthFailure(deps, ticket, reason);
      if (result.kind !== "noted") throw presentedTicketProblem(result);
      return c.json({}, 200);
    });
}
