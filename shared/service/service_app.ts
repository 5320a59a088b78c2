/** The frame that every service's Hono app stands in: request id, problems, health. */
import { Hono } from "hono";
import { healthRoutes, type ReadinessCheck } from "./health.ts";
import type { Logger } from "./logger.ts";
import { notFoundHandler, problemHandler } from "./problem_error.ts";
import { type RequestEnv, requestId } from "./request_id.ts";

export interface ServiceAppOptions {
  readonly logger: Logger;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** False only for the gateway, whose callers are anybody. */
  readonly trustRequestIds?: boolean;
}

/** An empty app with the frame; the service chains its routes on what this returns. */
export function createServiceApp(options: ServiceAppOptions) {
  const app = new Hono<RequestEnv>();
  app.use(requestId(options.trustRequestIds ?? true));
  app.onError(problemHandler(options.logger));
  app.notFound(notFoundHandler);
  return app.route("/health", healthRoutes(options.checks));
}
