/** Sessions: how one begins, with a name and a password. */
import { hashToken, issueToken } from "@codex/crypto";
import type { AuthDeps } from "../deps.ts";
import { insertAuditLine } from "../db/audit_queries.ts";
import type { Executor } from "../db/database.ts";
import { insertSession, type SessionRow } from "../db/session_queries.ts";
import { findUserByName, lockUser, updateUser, type UserRow } from "../db/user_queries.ts";
import { SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import { SESSION_TOKEN_PREFIX } from "../domain/token_kinds.ts";
import { usernameKey } from "../domain/username.ts";
import { admitSignIn, type Throttled } from "../guesses/admission.ts";
import type { Client } from "../guesses/client.ts";

export interface StartedSession {
  readonly session: SessionRow;
  readonly token: string;
  readonly user: UserRow;
  /** Makes the device one that the account knows. */
  readonly deviceToken: string;
}

export type SignInResult =
  | { readonly kind: "signed_in"; readonly started: StartedSession }
  | { readonly kind: "wrong" }
  | Throttled;

/** User agents are for people to tell sessions apart; what is longer is no help. */
const USER_AGENT_CHARACTERS_MAX = 300;

export async function startSession(
  deps: Pick<AuthDeps, "now" | "random" | "devices">,
  db: Executor,
  user: UserRow,
  client: Client,
  deviceId?: string,
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
  const deviceToken = await deps.devices.issue(user, deviceId);
  return { session, token: issued.token, user, deviceToken };
}

type SignInDeps = Pick<
  AuthDeps,
  "db" | "now" | "random" | "passwords" | "throttles" | "devices" | "delay"
>;

/**
 * The attempt is counted before the password is checked, and an unknown name costs the same work
 * and gets the same answer as a wrong password.
 */
export async function signIn(
  deps: SignInDeps,
  { username, password }: { username: string; password: string },
  client: Client,
): Promise<SignInResult> {
  const name = usernameKey(username);
  const user = await findUserByName(deps.db, name);
  const deviceId = await deps.devices.deviceOf(user, client.deviceTokens);
  // Names may be long, and what people type into that field may be a password.
  const accountKey = hashToken(name).toHex();
  const admission = await admitSignIn(deps, { accountKey, deviceId, client });
  // Past the limit nothing is written: a flood must not fill the log.
  if (admission.kind === "throttled") return admission;

  const right = await deps.passwords.verify(user?.passwordHash ?? null, password);
  const started = right && user !== undefined
    ? await startVerified(deps, user, password, client, deviceId)
    : undefined;
  if (started === undefined) {
    // Written for unknown names too, which would else be told by their shorter time.
    if (!admission.isSlowed) await auditRefusal(deps, user?.id);
    return { kind: "wrong" };
  }
  await admission.forgive();
  return { kind: "signed_in", started };
}

/** Undefined when the password was changed, or the user deleted, while it was checked. */
async function startVerified(
  deps: SignInDeps,
  verified: UserRow,
  password: string,
  client: Client,
  deviceId: string | undefined,
): Promise<StartedSession | undefined> {
  const { passwordHash } = verified;
  const renewedHash = deps.passwords.needsRehash(passwordHash)
    ? await deps.passwords.hash(password)
    : undefined;
  return await deps.db.transaction(async (tx) => {
    // A new password ends all sessions: none may begin with the old one after that.
    const locked = await lockUser(tx, verified.id);
    if (locked?.passwordHash !== passwordHash) return undefined;
    const user = renewedHash === undefined
      ? locked
      : await updateUser(tx, locked.id, { passwordHash: renewedHash }) ?? locked;
    await insertAuditLine(tx, {
      at: new Date(deps.now()),
      source: "auth",
      actorId: user.id,
      action: "session.started",
    });
    return await startSession(deps, tx, user, client, deviceId);
  });
}

/** @param userId where there is such an account; for the audit log, never for the client */
async function auditRefusal(
  deps: Pick<AuthDeps, "db" | "now">,
  userId: string | undefined,
): Promise<void> {
  await insertAuditLine(deps.db, {
    at: new Date(deps.now()),
    source: "auth",
    action: "session.refused",
    target: userId,
  });
}
