/** A session as its owner receives it, once: in the body for programs, in the cookie for browsers. */
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { Role, SCOPES_OF_ROLE, SESSION_COOKIE, type SessionAnswer, UserId } from "@codex/protocol";
import { ProblemError, type RequestEnv } from "@codex/service";
import { SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import type { StartedSession } from "../workflows/sessions.ts";

export function answerSession(
  c: Context<RequestEnv>,
  started: StartedSession,
  secureCookies: boolean,
): SessionAnswer {
  const expiresIn = SESSION_LIFETIME_MS / 1000;
  setCookie(c, SESSION_COOKIE, started.token, {
    httpOnly: true,
    secure: secureCookies,
    sameSite: "Lax",
    path: "/",
    maxAge: expiresIn,
  });
  c.header("cache-control", "no-store");
  const role = Role.parse(started.user.role);
  return {
    accessToken: started.token,
    tokenType: "Bearer",
    expiresIn,
    user: {
      id: UserId.parse(started.user.id),
      username: started.user.username,
      email: started.user.email,
      role,
      permissions: [...SCOPES_OF_ROLE[role]],
    },
  };
}

export function tooManyAttempts(retryAfterSeconds: number): ProblemError {
  return new ProblemError(
    "rate_limited",
    `Too many attempts: try again in ${retryAfterSeconds} seconds`,
    { retryAfterSeconds },
  );
}
