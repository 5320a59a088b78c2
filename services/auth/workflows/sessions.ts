/** Sessions: how one begins, and the throttled check of a password that it rests on. */
import { hashToken, issueToken } from "@codex/crypto";
import type { AuthDeps } from "../deps.ts";
import { insertAuditLine } from "../db/audit_queries.ts";
import type { Executor } from "../db/database.ts";
import { insertSession, type SessionRow } from "../db/session_queries.ts";
import { findUserByName, updateUser, type UserRow } from "../db/user_queries.ts";
import { throttleKeyOfAddress } from "../domain/client_address.ts";
import { SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import { SESSION_TOKEN_PREFIX } from "../domain/token_kinds.ts";
import { usernameKey } from "../domain/username.ts";

/** Who a request came from, as far as the gateway knows. */
export interface Client {
  readonly address: string;
  readonly userAgent: string | undefined;
}

export interface StartedSession {
  readonly session: SessionRow;
  readonly token: string;
  readonly user: UserRow;
}

export type PasswordCheck =
  | { readonly kind: "right"; readonly user: UserRow }
  /** `userId` where there is such an account; for the audit log, never for the client. */
  | { readonly kind: "wrong"; readonly userId: string | undefined }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number };

export type SignInResult =
  | { readonly kind: "signed_in"; readonly started: StartedSession }
  | Exclude<PasswordCheck, { kind: "right" }>;

/** User agents are for people to tell sessions apart; what is longer is no help. */
const USER_AGENT_CHARACTERS_MAX = 300;

export async function startSession(
  deps: Pick<AuthDeps, "now" | "random">,
  db: Executor,
  user: UserRow,
  client: Client,
): Promise<StartedSession> {
  const issued = issueToken(SESSION_TOKEN_PREFIX, deps.random);
  const now = new Date(deps.now());
  const session = await insertSession(db, {
    userId: user.id,
    tokenHash: issued.hash,
    createdAt: now,
    authenticatedAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
    userAgent: client.userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
  });
  return { session, token: issued.token, user };
}

type PasswordDeps = Pick<AuthDeps, "db" | "now" | "passwords" | "throttles">;

/**
 * Checks a password. The attempt is counted before the check, so that attempts at the same time can't
 * slip past the limit, and an unknown name costs the same work as a wrong password.
 */
export async function checkPassword(
  deps: PasswordDeps,
  username: string,
  password: string,
  client: Client,
): Promise<PasswordCheck> {
  const name = usernameKey(username);
  // Names may be long, and what people type into that field may be a password.
  const accountKey = hashToken(name).toHex();
  const addressKey = throttleKeyOfAddress(client.address);
  const counted = await Promise.all([
    deps.throttles.account.attempt(accountKey),
    deps.throttles.address.attempt(addressKey),
  ]);
  const waits = counted.flatMap((it) => it.kind === "throttled" ? [it.retryAfterSeconds] : []);
  if (waits.length > 0) return { kind: "throttled", retryAfterSeconds: Math.max(...waits) };

  const user = await findUserByName(deps.db, name);
  const right = await deps.passwords.verify(user?.passwordHash ?? null, password);
  if (!right || user === undefined) return { kind: "wrong", userId: user?.id };
  await Promise.all([
    deps.throttles.account.forget(accountKey),
    deps.throttles.address.refund(addressKey),
  ]);
  return { kind: "right", user };
}

export async function signIn(
  deps: PasswordDeps & Pick<AuthDeps, "random">,
  credentials: { username: string; password: string },
  client: Client,
): Promise<SignInResult> {
  const check = await checkPassword(deps, credentials.username, credentials.password, client);
  // Past the limit nothing is written: a flood must not fill the log.
  if (check.kind === "throttled") return check;
  if (check.kind === "wrong") {
    // Written for unknown names too, which would else be told by their shorter time.
    await insertAuditLine(deps.db, {
      at: new Date(deps.now()),
      source: "auth",
      action: "session.refused",
      target: check.userId,
    });
    return check;
  }
  const { user } = check;
  if (deps.passwords.needsRehash(user.passwordHash)) {
    const passwordHash = await deps.passwords.hash(credentials.password);
    await updateUser(deps.db, user.id, { passwordHash });
  }
  const started = await deps.db.transaction(async (tx) => {
    await insertAuditLine(tx, {
      at: new Date(deps.now()),
      source: "auth",
      actorId: user.id,
      action: "session.started",
    });
    return await startSession(deps, tx, user, client);
  });
  return { kind: "signed_in", started };
}
