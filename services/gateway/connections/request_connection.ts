/** What the app knows of the connection that a request came on. */
import type { Context, MiddlewareHandler } from "hono";
import { ProblemError } from "@codex/service";
import { type ClientAddress, clientAddress } from "../domain/client_address.ts";
import type { RequestConnection } from "./served_connection.ts";

/** Empty where a test calls the app without a server. */
export function connectionOf(c: Context): Partial<RequestConnection> {
  return c.env ?? {};
}

const RETRY_AFTER_SECONDS = 2;

/** Refuses a request that comes while its client, or everybody, has too many under way. */
export const refuseBeyondLimit: MiddlewareHandler = async (c, next) => {
  if (connectionOf(c).isBeyondLimit) {
    throw new ProblemError(
      "no_capacity",
      "Too many requests are under way at once: try again shortly",
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  await next();
};

/**
 * The address of whoever sent the request, and what is known of it.
 *
 * @param trustedProxies how many proxies of one's own stand in front
 */
export function requestSource(c: Context, trustedProxies: number): ClientAddress {
  const { remoteAddr } = connectionOf(c);
  return clientAddress(
    remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined,
    c.req.header("x-forwarded-for"),
    trustedProxies,
  );
}
