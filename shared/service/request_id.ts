/** One id per request, passed on to every service the request touches. */
import type { Context, MiddlewareHandler } from "hono";
import type { CallContext, ServiceName, Subject } from "@codex/protocol";

export const REQUEST_ID_HEADER = "x-request-id";

/** Variables that the shared middleware sets on a request. */
export interface RequestEnv {
  Variables: {
    requestId: string;
    /** The service that called, once its token was checked. */
    caller?: ServiceName;
    /** The user on whose behalf it called. */
    subject?: Subject;
  };
}

const WELL_FORMED = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * Takes the caller's id, or makes one, and answers with it.
 *
 * @param trusted whether the caller's own id is taken: services do, the gateway makes its own
 */
export function requestId(trusted: boolean): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const given = trusted ? c.req.header(REQUEST_ID_HEADER) : undefined;
    const id = given !== undefined && WELL_FORMED.test(given) ? given : crypto.randomUUID();
    c.set("requestId", id);
    c.header(REQUEST_ID_HEADER, id);
    await next();
  };
}

export function requestIdOf(c: Context<RequestEnv>): string {
  return c.get("requestId") ?? "unknown";
}

/** What a handler passes on when it calls another service: the request's id, user and abort signal. */
export function callContext(c: Context<RequestEnv>): CallContext {
  const subject = c.get("subject");
  return {
    requestId: requestIdOf(c),
    signal: c.req.raw.signal,
    ...(subject && { subject }),
  };
}
