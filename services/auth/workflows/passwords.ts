/** A signed-in user enters their password again, or changes it. */
import type { SessionId, Subject } from "@codex/protocol";
import { deleteApiKeysOf } from "../db/api_key_queries.ts";
import { insertAuditLine } from "../db/audit_queries.ts";
import { deleteSessionsOf, setAuthenticatedAt } from "../db/session_queries.ts";
import { findUser, lockUser, updateUser, type UserRow } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { admitSignedIn, type Throttled } from "../guesses/admission.ts";

type PasswordDeps = Pick<
  AuthDeps,
  "db" | "now" | "passwords" | "throttles" | "devices" | "delay"
>;

type Refusal =
  | { readonly kind: "wrong" }
  | Throttled
  /** The user or the session ended meanwhile. */
  | { readonly kind: "gone" };

export type ReauthenticationResult = { readonly kind: "done" } | Refusal;

export type PasswordChangeResult =
  /** The token keeps the device known, which the old password made it. */
  | { readonly kind: "changed"; readonly deviceToken: string }
  | Refusal;

/** Makes the session fresh again. */
export async function reauthenticate(
  deps: PasswordDeps,
  subject: Subject,
  sessionId: SessionId,
  password: string,
): Promise<ReauthenticationResult> {
  const check = await checkOwnPassword(deps, subject, sessionId, password);
  if (check.kind !== "right") return check;
  const at = new Date(deps.now());
  const kept = await setAuthenticatedAt(deps.db, sessionId, subject.userId, at);
  return kept ? { kind: "done" } : { kind: "gone" };
}

/** Every session ends but the one the change is made in; API tokens end when that is asked for. */
export async function changePassword(
  deps: PasswordDeps,
  subject: Subject,
  sessionId: SessionId | undefined,
  change: { currentPassword: string; newPassword: string; endApiKeys: boolean },
): Promise<PasswordChangeResult> {
  const check = await checkOwnPassword(deps, subject, sessionId, change.currentPassword);
  if (check.kind !== "right") return check;
  const passwordHash = await deps.passwords.hash(change.newPassword);
  const at = new Date(deps.now());
  return await deps.db.transaction(async (tx): Promise<PasswordChangeResult> => {
    const user = await lockUser(tx, subject.userId);
    // An administrator may have set another one meanwhile: the old one then proves nothing.
    if (user?.passwordHash !== check.user.passwordHash) return { kind: "gone" };
    const changed = await updateUser(tx, user.id, { passwordHash }) ?? user;
    await deleteSessionsOf(tx, user.id, sessionId);
    if (sessionId !== undefined) await setAuthenticatedAt(tx, sessionId, user.id, at);
    const ended = change.endApiKeys ? await deleteApiKeysOf(tx, user.id) : [];
    await insertAuditLine(tx, {
      at,
      source: "auth",
      actorId: user.id,
      action: "password.changed",
      target: user.id,
      ...(ended.length > 0 && { detail: { apiKeysEnded: ended } }),
    });
    return { kind: "changed", deviceToken: await deps.devices.issue(changed) };
  });
}

async function checkOwnPassword(
  deps: PasswordDeps,
  subject: Subject,
  sessionId: SessionId | undefined,
  password: string,
): Promise<Refusal | { readonly kind: "right"; readonly user: UserRow }> {
  const user = await findUser(deps.db, subject.userId);
  if (user === undefined) return { kind: "gone" };
  const admission = await admitSignedIn(deps, sessionId ?? user.id);
  if (admission.kind === "throttled") return admission;
  if (!await deps.passwords.verify(user.passwordHash, password)) return { kind: "wrong" };
  await admission.forgive();
  return { kind: "right", user };
}
