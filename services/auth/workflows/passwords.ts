/** A signed-in user enters their password again, or changes it. */
import type { SessionId, Subject } from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import { deleteSessionsOf, setAuthenticatedAt } from "../db/session_queries.ts";
import { findUser, updateUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { checkPassword, type Client, type PasswordCheck } from "./sessions.ts";

type PasswordDeps = Pick<AuthDeps, "db" | "now" | "passwords" | "throttles">;

type Refusal =
  | Exclude<PasswordCheck, { kind: "right" }>
  /** The user or the session ended meanwhile. */
  | { readonly kind: "gone" };

export type PasswordResult = { readonly kind: "done" } | Refusal;

/** Makes the session fresh again. */
export async function reauthenticate(
  deps: PasswordDeps,
  subject: Subject,
  sessionId: SessionId,
  password: string,
  client: Client,
): Promise<PasswordResult> {
  const check = await checkOwnPassword(deps, subject, password, client);
  if (check.kind !== "right") return check;
  const at = new Date(deps.now());
  const kept = await setAuthenticatedAt(deps.db, sessionId, subject.userId, at);
  return kept ? { kind: "done" } : { kind: "gone" };
}

/** Every session ends but the one the change is made in. */
export async function changePassword(
  deps: PasswordDeps,
  subject: Subject,
  sessionId: SessionId | undefined,
  change: { currentPassword: string; newPassword: string },
  client: Client,
): Promise<PasswordResult> {
  const check = await checkOwnPassword(deps, subject, change.currentPassword, client);
  if (check.kind !== "right") return check;
  const passwordHash = await deps.passwords.hash(change.newPassword);
  const at = new Date(deps.now());
  await deps.db.transaction(async (tx) => {
    await updateUser(tx, subject.userId, { passwordHash });
    await deleteSessionsOf(tx, subject.userId, sessionId);
    if (sessionId !== undefined) await setAuthenticatedAt(tx, sessionId, subject.userId, at);
    await insertAuditLine(tx, {
      at,
      source: "auth",
      actorId: subject.userId,
      action: "password.changed",
      target: subject.userId,
    });
  });
  return { kind: "done" };
}

async function checkOwnPassword(
  deps: PasswordDeps,
  subject: Subject,
  password: string,
  client: Client,
): Promise<Refusal | { readonly kind: "right" }> {
  const user = await findUser(deps.db, subject.userId);
  if (user === undefined) return { kind: "gone" };
  return await checkPassword(deps, user.username, password, client);
}
