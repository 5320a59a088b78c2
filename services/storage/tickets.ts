/** The connection a request is about: the one its ticket names, and nothing else (architecture.md: "Identity between services"). */
import type { MiddlewareHandler } from "hono";
import { LRUCache } from "lru-cache";
import type { TicketClaims } from "@codex/protocol";
import { ProblemError, type RequestEnv, type TicketResult } from "@codex/service";
import { TICKET_HEADER } from "./ticket_header.ts";

const TICKETS_REMEMBERED_MAX = 5000;

export type VerifyTicket = (ticket: string) => Promise<TicketResult>;

export interface TicketEnv {
  Variables: RequestEnv["Variables"] & { ticket: TicketClaims };
}

/** Refuses requests without a valid ticket, and sets the variable `ticket` on the others. */
export function ticketed(verify: VerifyTicket): MiddlewareHandler<TicketEnv> {
  return async (c, next) => {
    const ticket = c.req.header(TICKET_HEADER);
    if (ticket === undefined) throw new ProblemError("unauthenticated", "No connection ticket");
    const result = await verify(ticket);
    if (!result.ok) {
      throw new ProblemError(
        "unauthenticated",
        result.reason === "expired"
          ? "The connection ticket has expired"
          : "The connection ticket is not valid",
      );
    }
    c.set("ticket", result.claims);
    await next();
  };
}

/** Remembers tickets that were found valid until they expire, so that a call costs no signature check. */
export function rememberTickets(verify: VerifyTicket, now: () => number): VerifyTicket {
  const valid = new LRUCache<string, TicketClaims>({ max: TICKETS_REMEMBERED_MAX });
  return async (ticket) => {
    const known = valid.get(ticket);
    if (known !== undefined) {
      if (known.exp * 1000 > now()) return { ok: true, claims: known };
      valid.delete(ticket);
    }
    const result = await verify(ticket);
    if (result.ok) valid.set(ticket, result.claims);
    return result;
  };
}
