/** One log line per request: method, path without query, status, time and request id. */
import { createMiddleware } from "hono/factory";
import { type Logger, requestIdOf } from "@codex/service";
import type { GatewayEnv } from "./gateway_env.ts";

/** @param now milliseconds since 1970 */
export function accessLog(logger: Logger, now: () => number) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const startedAt = now();
    await next();
    const line = {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      // Until the answer begins; a streamed body takes longer.
      ms: now() - startedAt,
      requestId: requestIdOf(c),
    };
    // Probes come every few seconds and tell nothing.
    if (line.path.startsWith("/health/")) logger.debug("Request", line);
    else logger.info("Request", line);
  });
}
