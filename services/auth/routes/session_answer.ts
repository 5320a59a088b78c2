/** A session as its owner receives it, once; the gateway puts the token into a browser's cookie. */
import type { Context } from "hono";
import {
  DEVICE_TOKEN_HEADER,
  Role,
  SCOPES_OF_ROLE,
  type SessionAnswer,
  UserId,
} from "@codex/protocol";
import { ProblemError, type RequestEnv } from "@codex/service";
import { SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import type { StartedSession } from "../workflows/sessions.ts";

export function answerSession(c: Context<RequestEnv>, started: StartedSession): SessionAnswer {
  c.header("cache-control", "no-store");
  c.header(DEVICE_TOKEN_HEADER, started.deviceToken);
  const role = Role.parse(started.user.role);
  return {
    accessToken: started.token,
    tokenType: "Bearer",
    expiresIn: SESSION_LIFETIME_MS / 1000,
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
