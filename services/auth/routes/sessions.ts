/** `/auth/*`: signing in and out, the signed-in user, their password and their sessions. */
import { Hono } from "hono";
import {
  DEVICE_TOKEN_HEADER,
  LoginRequest,
  Me,
  PasswordChange,
  PathIds,
  ReauthenticateRequest,
  Session,
} from "@codex/protocol";
import {
  callers,
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { insertAuditLine } from "../db/audit_queries.ts";
import { deleteSession, listSessions, type SessionRow } from "../db/session_queries.ts";
import { findUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { sessionLimits } from "../domain/session_lifetime.ts";
import { changePassword, reauthenticate } from "../workflows/passwords.ts";
import type { Throttled } from "../guesses/admission.ts";
import { signIn } from "../workflows/sessions.ts";
import { clientOf, requireSessionId, sessionIdOf } from "./request_client.ts";
import { answerSession, tooManyAttempts } from "./session_answer.ts";

export function sessionRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const account = requireScope("account");
  return new Hono<RequestEnv>()
    .post("/login", gateway, jsonBody(LoginRequest), async (c) => {
      const result = await signIn(deps, c.req.valid("json"), clientOf(c));
      if (result.kind === "throttled") throw tooManyAttempts(result.retryAfterSeconds);
      if (result.kind === "wrong") throw wrongPassword("The username or password is wrong");
      return c.json(answerSession(c, result.started), 200);
    })
    .post("/logout", gateway, async (c) => {
      const { userId } = subjectOf(c);
      const id = requireSessionId(c);
      const ended = await deleteSession(deps.db, id, userId);
      if (ended) await audit(deps, userId, "session.ended", id);
      return c.json({}, 200);
    })
    .get("/me", gateway, async (c) => {
      const subject = subjectOf(c);
      const user = await findUser(deps.db, subject.userId);
      if (user === undefined) throw userGone();
      const { id, username, email, role } = user;
      return c.json(Me.parse({ id, username, email, role, permissions: subject.scopes }), 200);
    })
    .post("/reauthenticate", gateway, account, jsonBody(ReauthenticateRequest), async (c) => {
      const { password } = c.req.valid("json");
      const sessionId = requireSessionId(c);
      const result = await reauthenticate(deps, subjectOf(c), sessionId, password);
      if (result.kind !== "done") throw refusal(result);
      return c.json({}, 200);
    })
    .post("/password", gateway, account, jsonBody(PasswordChange), async (c) => {
      const change = c.req.valid("json");
      const result = await changePassword(deps, subjectOf(c), sessionIdOf(c), change);
      if (result.kind !== "changed") throw refusal(result);
      c.header(DEVICE_TOKEN_HEADER, result.deviceToken);
      return c.json({}, 200);
    })
    .get("/sessions", gateway, account, async (c) => {
      const rows = await listSessions(deps.db, subjectOf(c).userId, sessionLimits(deps.now()));
      const current = sessionIdOf(c);
      return c.json({ items: rows.map((row) => toSession(row, current)) }, 200);
    })
    .delete("/sessions/:id", gateway, account, path(PathIds), async (c) => {
      const { userId } = subjectOf(c);
      const { id } = c.req.valid("param");
      if (!await deleteSession(deps.db, id, userId)) {
        throw new ProblemError("not_found", "You have no such session");
      }
      await audit(deps, userId, "session.revoked", id);
      return c.json({}, 200);
    });
}

function toSession(row: SessionRow, current: string | undefined): Session {
  return Session.parse({
    id: row.id,
    current: row.id === current,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(row.userAgent !== null && { userAgent: row.userAgent }),
  });
}

function refusal(result: { kind: "wrong" | "gone" } | Throttled): ProblemError {
  switch (result.kind) {
    case "wrong":
      return wrongPassword("The password is wrong");
    case "throttled":
      return tooManyAttempts(result.retryAfterSeconds);
    case "gone":
      return userGone();
  }
}

function wrongPassword(detail: string): ProblemError {
  return new ProblemError("invalid_credentials", detail);
}

function userGone(): ProblemError {
  return new ProblemError("unauthenticated", "Sign in again: the session has ended");
}

async function audit(
  deps: AuthDeps,
  actorId: string,
  action: string,
  target: string,
): Promise<void> {
  const at = new Date(deps.now());
  await insertAuditLine(deps.db, { at, source: "auth", actorId, action, target });
}
