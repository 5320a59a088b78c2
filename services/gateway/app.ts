/**
 * The gateway: the one public origin. It turns a session cookie or token into an identity, passes each
 * call on to its owner, and composes the few answers whose parts have several owners.
 */
import { Hono } from "hono";
import { API_BASE, type AuthService, type PluginHostService, SetupStatus } from "@codex/protocol";
import {
  createServiceFetch,
  healthRoutes,
  ProblemError,
  problemHandler,
  problemResponse,
  readReply,
  requestId,
} from "@codex/service";
import { accessLog } from "./access_log.ts";
import { createJsonBodies, type JsonBodyOptions } from "./bodies/json_body.ts";
import type { RequestAllowance } from "./connections/request_allowance.ts";
import { refuseBeyondLimit, refuseFloods } from "./connections/request_connection.ts";
import manifest from "./deno.json" with { type: "json" };
import { deviceCookie } from "./device_cookie.ts";
import { createForwarder, type ForwarderOptions } from "./forwarder.ts";
import type { GatewayEnv } from "./gateway_env.ts";
import { createGuard } from "./guard.ts";
import { createPrincipals } from "./principals.ts";
import { apiDocsRoutes } from "./routes/api_docs.tsx";
import { type ForwardedRouteOptions, forwardedRoutes } from "./routes/forwarded.ts";
import { type OauthRouteOptions, oauthRoutes } from "./routes/oauth.tsx";
import { otherMethodRoutes } from "./routes/other_methods.ts";
import { statusPageRoutes } from "./routes/status_page.tsx";
import { type UserPluginRouteOptions, userPluginRoutes } from "./routes/user_plugins.ts";
import { securityHeaders } from "./security_headers.ts";
import { createServiceProbes } from "./service_probes.ts";
import { sessionCookie } from "./session_cookie.ts";

export interface GatewayDeps extends ForwarderOptions, JsonBodyOptions {
  readonly auth:
    & Pick<AuthService, "resolve">
    & ForwardedRouteOptions["auth"]
    & UserPluginRouteOptions["auth"]
    & OauthRouteOptions["auth"];
  readonly pluginHost: Pick<PluginHostService, "listPlugins" | "getPlugin">;
  readonly sync: UserPluginRouteOptions["sync"];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where people reach the server. */
  readonly publicUrl: URL;
  /** Proxies of one's own in front, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: number;
  /** Streams of events that may be open at once. */
  readonly eventStreamsMax: number;
  /** Of requests without a valid session or token. */
  readonly allowance: RequestAllowance;
}

export function createApp(deps: GatewayDeps): Hono<GatewayEnv> {
  const { logger, now, publicUrl } = deps;
  const { version } = manifest;
  const publicOrigin = publicUrl.origin;
  const isSecure = publicUrl.protocol === "https:";
  const cookie = sessionCookie(isSecure);
  const devices = deviceCookie(isSecure);
  const principals = createPrincipals(deps);
  const withJsonBody = createJsonBodies(deps);
  const guard = createGuard({ principals, cookie, publicOrigin, withJsonBody });
  const forward = createForwarder(deps);
  const probes = createServiceProbes(deps);

  const app = new Hono<GatewayEnv>();
  app.onError(problemHandler(logger));
  app.notFound((c) => {
    const detail = `There is no ${c.req.method} ${c.req.path}: /api/docs lists every call`;
    return problemResponse(c, new ProblemError("not_found", detail));
  });
  app.use(requestId(false), accessLog(logger, now), securityHeaders(isSecure));
  app.use(refuseFloods(deps.allowance, deps.trustedProxies), refuseBeyondLimit);
  app.route("/health", healthRoutes(probes.checks));
  app.route("/", forwardedRoutes({ ...deps, guard, forward, principals, cookie, devices }));
  app.route("/", oauthRoutes({ ...deps, guard, principals, cookie }));
  app.route("/", userPluginRoutes({ ...deps, guard }));
  app.route("/", apiDocsRoutes(version));
  app.route(
    "/",
    statusPageRoutes({
      version,
      publicOrigin,
      now,
      states: probes.states,
      setupRequired: setupAsker(deps),
    }),
  );
  app.route("/", otherMethodRoutes());
  return app;
}

/** Asks auth whether anybody can sign in yet; undefined where it doesn't answer. */
function setupAsker({ identity, serviceUrls, fetch }: GatewayDeps) {
  const askAuth = createServiceFetch({
    identity,
    audience: "auth",
    baseUrl: serviceUrls.auth,
    fetch,
    deadlineMs: 2000,
  });
  return async (): Promise<boolean | undefined> => {
    try {
      const reply = await askAuth({ requestId: crypto.randomUUID() })(
        `${serviceUrls.auth}${API_BASE}/setup/status`,
      );
      return (await readReply("auth", SetupStatus, reply)).setupRequired;
    } catch {
      return undefined;
    }
  };
}
