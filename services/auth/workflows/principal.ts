/** Who a token belongs to: asked by the gateway for every request that it hasn't just asked about. */
import { hashToken } from "@codex/crypto";
import {
  type Principal,
  Role,
  SCOPES_OF_ROLE,
  SessionId,
  type Subject,
  UserId,
} from "@codex/protocol";
import { findApiKey, touchApiKey } from "../db/api_key_queries.ts";
import { findSession, touchSession } from "../db/session_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { effectiveScopes } from "../domain/scopes.ts";
import { isFresh, isTouchDue, sessionLimits } from "../domain/session_lifetime.ts";
import { kindOfToken } from "../domain/token_kinds.ts";

type PrincipalDeps = Pick<AuthDeps, "db" | "now">;

/** Null for a token that is unknown, expired or revoked: which of them is nobody's business. */
export async function resolvePrincipal(
  deps: PrincipalDeps,
  token: string,
): Promise<Principal | null> {
  const kind = kindOfToken(token);
  if (kind === undefined) return null;
  return kind === "session" ? await resolveSession(deps, token) : await resolveApiKey(deps, token);
}

async function resolveSession(deps: PrincipalDeps, token: string): Promise<Principal | null> {
  const now = deps.now();
  const found = await findSession(deps.db, hashToken(token), sessionLimits(now));
  if (found === undefined) return null;
  const { session, user } = found;
  if (isTouchDue(session.lastUsedAt, now)) await touchSession(deps.db, session.id, new Date(now));
  const role = Role.parse(user.role);
  const subject: Subject = {
    userId: UserId.parse(user.id),
    role,
    scopes: [...SCOPES_OF_ROLE[role]],
    fresh: isFresh(session, now),
  };
  return { subject, kind: "session", sessionId: SessionId.parse(session.id) };
}

async function resolveApiKey(deps: PrincipalDeps, secret: string): Promise<Principal | null> {
  const now = deps.now();
  const found = await findApiKey(deps.db, hashToken(secret), new Date(now));
  if (found === undefined) return null;
  const { key, user } = found;
  if (isTouchDue(key.lastUsedAt, now)) await touchApiKey(deps.db, key.id, new Date(now));
  const role = Role.parse(user.role);
  const subject: Subject = {
    userId: UserId.parse(user.id),
    role,
    scopes: effectiveScopes(role, key.scopes),
    // Its scopes were chosen for such acts; a token has no password to enter again.
    fresh: true,
  };
  return { subject, kind: "api_key" };
}
