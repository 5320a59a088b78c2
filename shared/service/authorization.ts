/** Route middleware: which services may call, and what their user must be allowed. Fails closed. */
import type { Context, MiddlewareHandler } from "hono";
import type { Scope, ServiceName, Subject } from "@codex/protocol";
import type { Identity } from "./identity_token.ts";
import { ProblemError } from "./problem_error.ts";
import type { RequestEnv } from "./request_id.ts";

/** Checks the caller's identity token and that the caller is one of `allowed`. */
export function callers(
  identity: Identity,
  ...allowed: readonly ServiceName[]
): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const header = c.req.header("authorization");
    const token = header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : undefined;
    if (token === undefined) throw new ProblemError("unauthenticated", "No identity token");
    const result = await identity.verify(token);
    if (!result.ok) throw new ProblemError("unauthenticated", result.reason);
    const { service, subject } = result.caller;
    if (!allowed.includes(service)) {
      throw new ProblemError("forbidden", `Service "${service}" may not call this`);
    }
    c.set("caller", service);
    if (subject !== undefined) c.set("subject", subject);
    await next();
  };
}

/** The user the call is made for; 401 where there is none. Needs {@linkcode callers} before it. */
export function subjectOf(c: Context<RequestEnv>): Subject {
  const subject = c.get("subject");
  if (subject === undefined) throw new ProblemError("unauthenticated", "Sign in first");
  return subject;
}

/** Refuses users who lack `scope`. Needs {@linkcode callers} before it. */
export function requireScope(scope: Scope): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    if (!subjectOf(c).scopes.includes(scope)) {
      throw new ProblemError("forbidden", `This needs the permission "${scope}"`);
    }
    await next();
  };
}

/** Refuses users whose password was entered too long ago (security.md: "Adding a plugin by command"). */
export const requireFresh: MiddlewareHandler<RequestEnv> = async (c, next) => {
  if (!subjectOf(c).fresh) {
    throw new ProblemError(
      "fresh_authentication_required",
      "Your password was entered more than 15 minutes ago: enter it again at /api/v1/auth/reauthenticate",
    );
  }
  await next();
};
