/** `POST /internal/tickets/renew`: a new ticket for a live process. */
import { Hono } from "hono";
import { TicketRequest } from "@codex/protocol";
import { callers, jsonBody, type RequestEnv } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { renewTicket } from "../workflows/tickets.ts";
import { presentedTicketProblem } from "./ticket_problems.ts";

export function ticketRoutes(deps: AuthDeps) {
  return new Hono<RequestEnv>()
    .post("/renew", callers(deps.identity, "plugin-host"), jsonBody(TicketRequest), async (c) => {
      const result = await renewTicket(deps, c.req.valid("json").ticket);
      if (result.kind !== "issued") throw presentedTicketProblem(result);
      return c.json(result.answer, 200);
    });
}
