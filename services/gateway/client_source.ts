/**
 * Reads where a request came from, and tells the log of a proxy that nobody told this server of.
 */
import type { Context } from "hono";
import type { Logger } from "@codex/service";
import { requestSource } from "./connections/request_connection.ts";
import type { ClientAddress } from "./domain/client_address.ts";
import type { GatewayEnv } from "./gateway_env.ts";

/** Enough for the proxies there may be; a private network full of liars must not fill the log. */
const WARNED_MAX = 20;

export type ClientSource = (c: Context<GatewayEnv>) => ClientAddress;

export function createClientSource(trustedProxies: number, logger: Logger): ClientSource {
  const warned = new Set<string>();
  return (c) => {
    const source = requestSource(c, trustedProxies);
    const { address: peer, isShared } = source;
    if (isShared && !warned.has(peer) && warned.size < WARNED_MAX) {
      warned.add(peer);
      logger.warn(
        "{peer} sends X-Forwarded-For, but CODEX_TRUSTED_PROXIES is 0: everybody behind it counts " +
          "as one address. Set it to the number of proxies in front, if that is what {peer} is",
        { peer },
      );
    }
    return source;
  };
}
