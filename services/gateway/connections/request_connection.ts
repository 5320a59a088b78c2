/** What the app knows of the connection that a request came on. */
import type { Context, MiddlewareHandler } from "hono";
import { addressGroup, ProblemError } from "@codex/service";
import { type ClientAddress, clientAddress } from "../domain/client_address.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import type { RequestAllowance } from "./request_allowance.ts";
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
 * Refuses the requests of an address that makes too many, before anything is done for them. What
 * comes with a valid session or token doesn't count: `forgive` takes it back.
 * What costs more than others is refused where that is known, by `spend`.
 */
export function refuseFloods(
  allowance: RequestAllowance,
  trustedProxies: number,
): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const group = requestGroup(c, trustedProxies);
    const spend = (amount: number) => {
      const allowed = allowance.take(group, amount);
      if (allowed.ok) return;
      // A proxy's connection also carries what others send.
      if (trustedProxies === 0) connectionOf(c).closeFlood?.();
      const { retryAfterSeconds } = allowed;
      throw new ProblemError(
        "rate_limited",
        `Too many requests come from your address: try again in ${retryAfterSeconds} s`,
        { retryAfterSeconds },
      );
    };
    spend(1);
    c.set("spend", spend);
    c.set("forgive", () => allowance.refund(group));
    await next();
  };
}

/** What the sender of a request is counted by: see {@linkcode addressGroup}. */
export function requestGroup(c: Context, trustedProxies: number): string {
  const group = trustedProxies === 0 ? connectionOf(c).group : undefined;
  return group ?? addressGroup(requestSource(c, trustedProxies).address);
}

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
