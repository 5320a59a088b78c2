/** What the gateway says of a public request beside the user; read after `callers(…, "gateway")`. */
import type { Context, MiddlewareHandler } from "hono";
import {
  ADDRESS_SHARED_HEADER,
  CLIENT_ADDRESS_HEADER,
  DEVICE_TOKENS_HEADER,
  SESSION_ID_HEADER,
  SessionId,
} from "@codex/protocol";
import { ProblemError, type RequestEnv } from "@codex/service";
import type { Client } from "../guesses/client.ts";

/** As many as the gateway sends: each costs a signature. */
const DEVICE_TOKENS_MAX = 8;

export function clientOf(c: Context<RequestEnv>): Client {
  return {
    address: c.req.header(CLIENT_ADDRESS_HEADER) ?? "unknown",
    isAddressShared: c.req.header(ADDRESS_SHARED_HEADER) !== undefined,
    userAgent: c.req.header("user-agent"),
    deviceTokens: c.req.header(DEVICE_TOKENS_HEADER)?.split(" ", DEVICE_TOKENS_MAX) ?? [],
  };
}

/** The session that the request came with; none with an API token. */
export function sessionIdOf(c: Context<RequestEnv>): SessionId | undefined {
  return SessionId.safeParse(c.req.header(SESSION_ID_HEADER)).data;
}

/** @throws ProblemError `session_required` with an API token */
export function requireSessionId(c: Context<RequestEnv>): SessionId {
  const id = sessionIdOf(c);
  if (id === undefined) {
    throw new ProblemError("session_required", "This needs a session, not an API token");
  }
  return id;
}

/** Refuses API tokens, whatever their scopes. */
export const requireSession: MiddlewareHandler<RequestEnv> = async (c, next) => {
  requireSessionId(c);
  await next();
};
