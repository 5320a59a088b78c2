/** The middleware in front of every operation: who asks, from where, for what, and with what body. */
import { createMiddleware } from "hono/factory";
import type { Context, MiddlewareHandler } from "hono";
import type { Operation, Principal } from "@codex/protocol";
import { ProblemError, requestIdOf } from "@codex/service";
import { bodyBytesMax, type WithJsonBody } from "./bodies/json_body.ts";
import { checkAccess } from "./domain/access.ts";
import { type Credential, credentialOf } from "./domain/credential.ts";
import { requestSite } from "./domain/request_site.ts";
import { hasContent, takesBody } from "./forwarder.ts";
import type { GatewayEnv } from "./gateway_env.ts";
import type { Principals } from "./principals.ts";
import type { SessionCookie } from "./session_cookie.ts";

/** The client closed the connection before it got an answer: nginx's number, for the log alone. */
export const CLIENT_LEFT = 499;

export interface GuardOptions {
  readonly principals: Principals;
  readonly cookie: SessionCookie;
  /** The origin of `CODEX_PUBLIC_URL`. */
  readonly publicOrigin: string;
  readonly withJsonBody: WithJsonBody;
}

export type Guard = (operation: Operation) => MiddlewareHandler<GatewayEnv>;

/** Makes the middleware of an operation; a request that passes it may be carried out. */
export function createGuard(options: GuardOptions): Guard {
  return (operation) =>
    createMiddleware<GatewayEnv>(async (c, next) => {
      const credential = presentedCredential(c, options.cookie);
      refuseForeignWrites(c, operation, credential, options.publicOrigin);
      const principal = await allowedPrincipal(c, operation, credential, options.principals);
      if (principal !== undefined) {
        c.set("principal", principal);
        c.set("subject", principal.subject);
      }
      if (!takesBody(operation)) return await next();
      requireMediaType(c, operation.stream ?? "application/json");
      if (operation.stream !== undefined || !hasContent(c.req.raw)) return await next();
      const outcome = await options.withJsonBody(c, next, bodyBytesMax(operation));
      return outcome === "left" ? new Response(null, { status: CLIENT_LEFT }) : undefined;
    });
}

/** The credential that a request presents, unchecked. */
export function presentedCredential(c: Context<GatewayEnv>, cookie: SessionCookie): Credential {
  return credentialOf(c.req.header("authorization"), cookie.read(c));
}

/**
 * Refuses a write that another site made a browser send (security.md: "Web"). A sign-in needs no
 * cookie, yet another site could sign somebody in as itself by it.
 */
function refuseForeignWrites(
  c: Context<GatewayEnv>,
  operation: Operation,
  { kind }: Credential,
  publicOrigin: string,
): void {
  if (operation.method === "get" || kind === "bearer") return;
  const site = requestSite({
    secFetchSite: c.req.header("sec-fetch-site"),
    origin: c.req.header("origin"),
  }, publicOrigin);
  if (site === "foreign") {
    throw new ProblemError("csrf_refused", "The request came from another site");
  }
  if (site === "unknown" && kind === "cookie" && operation.access !== "public") {
    throw new ProblemError(
      "csrf_refused",
      "A request with the session cookie needs the header Sec-Fetch-Site or Origin",
    );
  }
}

async function allowedPrincipal(
  c: Context<GatewayEnv>,
  operation: Operation,
  credential: Credential,
  principals: Principals,
): Promise<Principal | undefined> {
  if (operation.access === "public") return undefined;
  const resolve = async () =>
    credential.kind === "none"
      ? undefined
      : await principals.resolve(requestIdOf(c), credential.token) ?? undefined;

  let principal = await resolve();
  if (principal !== undefined) c.get("forgive")?.();
  let result = checkAccess(operation, principal);
  if (!result.ok && result.code === "fresh_authentication_required" && credential.kind !== "none") {
    // The password may have been entered a moment ago, through another gateway.
    principals.forget(credential.token);
    principal = await resolve();
    result = checkAccess(operation, principal);
  }
  if (!result.ok) throw new ProblemError(result.code, result.detail);
  return principal;
}

function requireMediaType(c: Context<GatewayEnv>, expected: string): void {
  if (hasContent(c.req.raw) && mediaTypeOf(c.req.header("content-type")) !== expected) {
    throw new ProblemError(
      "unsupported_media_type",
      `The body must be ${expected}: say so in Content-Type`,
    );
  }
}

/** RFC 9110 section 8.3.1: case-insensitive, parameters apart. */
function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase();
}
