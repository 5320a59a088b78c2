/** API tokens: made by a user for programs, with some of the user's own scopes. */
import { issueToken } from "@codex/crypto";
import type { z } from "zod";
import { type NewApiKey, Role, type Scope, type SessionId, type Subject } from "@codex/protocol";
import {
  type ApiKeyRow,
  countApiKeys,
  deleteApiKey,
  findApiKeyOwner,
  insertApiKey,
} from "../db/api_key_queries.ts";
import { insertAuditLine } from "../db/audit_queries.ts";
import { findSessionOf } from "../db/session_queries.ts";
import { lockUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { scopesBeyond } from "../domain/scopes.ts";
import { sessionLimits } from "../domain/session_lifetime.ts";
import { refusalToToken, type TokenRefusal } from "../domain/token_reach.ts";
import { API_KEY_PREFIX, API_KEY_SHOWN_CHARACTERS } from "../domain/token_kinds.ts";
import type { Administrator } from "./users.ts";

export const API_KEYS_PER_USER_MAX = 100;

export type CreateApiKeyResult =
  | { readonly kind: "created"; readonly key: ApiKeyRow; readonly secret: string }
  | { readonly kind: "beyond_own_scopes"; readonly scopes: readonly Scope[] }
  | { readonly kind: "already_expired" }
  | { readonly kind: "too_many" }
  /** The user or the session ended meanwhile. */
  | { readonly kind: "gone" };

export type EndApiKeyResult =
  | { readonly kind: "ended" }
  | { readonly kind: "not_found" }
  | TokenRefusal;

type ApiKeyDeps = Pick<AuthDeps, "db" | "now" | "random">;

export async function createApiKey(
  deps: ApiKeyDeps,
  subject: Subject,
  sessionId: SessionId,
  request: z.output<typeof NewApiKey>,
): Promise<CreateApiKeyResult> {
  const beyond = scopesBeyond(subject.scopes, request.scopes);
  if (beyond.length > 0) return { kind: "beyond_own_scopes", scopes: beyond };
  const createdAt = new Date(deps.now());
  const expiresAt = request.expiresAt === undefined ? null : new Date(request.expiresAt);
  if (expiresAt !== null && expiresAt <= createdAt) return { kind: "already_expired" };

  const { token, hash } = issueToken(API_KEY_PREFIX, deps.random);
  return await deps.db.transaction(async (tx): Promise<CreateApiKeyResult> => {
    // The lock makes the count hold for requests at the same time too.
    if (await lockUser(tx, subject.userId) === undefined) return { kind: "gone" };
    // A token made in a session that a new password has just ended would outlive that password.
    const limits = sessionLimits(createdAt.getTime());
    if (await findSessionOf(tx, sessionId, subject.userId, limits) === undefined) {
      return { kind: "gone" };
    }
    if (await countApiKeys(tx, subject.userId) >= API_KEYS_PER_USER_MAX) {
      return { kind: "too_many" };
    }
    const key = await insertApiKey(tx, {
      userId: subject.userId,
      name: request.name,
      scopes: [...new Set(request.scopes)],
      prefix: token.slice(0, API_KEY_SHOWN_CHARACTERS),
      secretHash: hash,
      createdAt,
      expiresAt,
    });
    await insertAuditLine(tx, {
      at: createdAt,
      source: "auth",
      actorId: subject.userId,
      action: "api_key.created",
      target: key.id,
      detail: { name: key.name, scopes: key.scopes },
    });
    return { kind: "created", key, secret: token };
  });
}

/** False when there is no such token of this user. */
export async function revokeApiKey(
  deps: ApiKeyDeps,
  subject: Subject,
  id: string,
): Promise<boolean> {
  return await deps.db.transaction(async (tx) => {
    const key = await deleteApiKey(tx, id, subject.userId);
    if (key === undefined) return false;
    await insertAuditLine(tx, {
      at: new Date(deps.now()),
      source: "auth",
      actorId: subject.userId,
      action: "api_key.deleted",
      target: id,
      detail: { name: key.name },
    });
    return true;
  });
}

/** An administrator ends anybody's token. */
export async function endApiKey(
  deps: ApiKeyDeps,
  actor: Administrator,
  id: string,
): Promise<EndApiKeyResult> {
  return await deps.db.transaction(async (tx): Promise<EndApiKeyResult> => {
    const ownerId = await findApiKeyOwner(tx, id);
    // Locked, so that nobody becomes an administrator meanwhile.
    const owner = ownerId === undefined ? undefined : await lockUser(tx, ownerId);
    if (owner === undefined) return { kind: "not_found" };
    const refused = refusalToToken(actor, { role: Role.parse(owner.role), setsPassword: false });
    if (refused !== undefined) return refused;
    const key = await deleteApiKey(tx, id, owner.id);
    if (key === undefined) return { kind: "not_found" };
    await insertAuditLine(tx, {
      at: new Date(deps.now()),
      source: "auth",
      actorId: actor.userId,
      action: "api_key.revoked",
      target: id,
      detail: { name: key.name, userId: owner.id, username: owner.username },
    });
    return { kind: "ended" };
  });
}
