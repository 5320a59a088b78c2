/** What the app knows of the connection that a request came on. */
import type { Context } from "hono";
import { type ClientAddress, clientAddress } from "../domain/client_address.ts";
import type { RequestConnection } from "./served_connection.ts";

/** Empty where a test calls the app without a server. */
export function connectionOf(c: Context): Partial<RequestConnection> {
  return c.env ?? {};
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
