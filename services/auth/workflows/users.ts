/** User administration. The last administrator can be neither demoted nor deleted. */
import type { z } from "zod";
import { type NewUser, Role, type Subject, type UserPatch } from "@codex/protocol";
import { deleteApiKeysOf } from "../db/api_key_queries.ts";
import { insertAuditLine } from "../db/audit_queries.ts";
import { deleteConnections } from "../db/connection_queries.ts";
import type { Executor } from "../db/database.ts";
import { callOffSignIns } from "../db/oauth_flow_queries.ts";
import { insertPurges } from "../db/purge_queries.ts";
import { deleteSessionsOf } from "../db/session_queries.ts";
import {
  deleteUser,
  insertUser,
  lockAdmins,
  lockUser,
  updateUser,
  type UserRow,
} from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { purgesOfConnections, purgesOfUser } from "../domain/purge_duties.ts";
import { type Actor, refusalToToken, type TokenRefusal } from "../domain/token_reach.ts";
import { usernameKey } from "../domain/username.ts";

/** An administrator, in a session or by an API token. */
export type Administrator = Pick<Subject, "userId"> & Actor;

type UserDeps = Pick<AuthDeps, "db" | "now" | "passwords" | "onPurgesOwed">;

export type CreateUserResult =
  | { readonly kind: "created"; readonly user: UserRow }
  | { readonly kind: "name_taken" }
  | TokenRefusal;

export type UserRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "last_admin" }
  | TokenRefusal;

export type ChangeUserResult =
  | { readonly kind: "changed"; readonly user: UserRow }
  | UserRefusal;

export type DeleteUserResult =
  | { readonly kind: "deleted" }
  | UserRefusal;

export async function createUser(
  deps: UserDeps,
  actor: Administrator,
  request: z.output<typeof NewUser>,
): Promise<CreateUserResult> {
  const { username, email, role } = request;
  const refused = refusalToToken(actor, { role: undefined, newRole: role, setsPassword: true });
  if (refused !== undefined) return refused;
  const passwordHash = await deps.passwords.hash(request.password);
  const createdAt = new Date(deps.now());
  return await deps.db.transaction(async (tx): Promise<CreateUserResult> => {
    const user = await insertUser(tx, {
      username,
      usernameKey: usernameKey(username),
      email,
      role,
      passwordHash,
      createdAt,
    });
    if (user === undefined) return { kind: "name_taken" };
    await audit(tx, createdAt, actor, "user.created", user, { role });
    return { kind: "created", user };
  });
}

/** Changes what is named. A new password ends every session and API token of that user. */
export async function changeUser(
  deps: UserDeps,
  actor: Administrator,
  userId: string,
  patch: z.output<typeof UserPatch>,
): Promise<ChangeUserResult> {
  const { email, role, password, keepApiKeys } = patch;
  const passwordHash = password === undefined ? undefined : await deps.passwords.hash(password);
  return await deps.db.transaction(async (tx): Promise<ChangeUserResult> => {
    const admins = await lockAdmins(tx);
    const user = await lockUser(tx, userId);
    if (user === undefined) return { kind: "not_found" };
    const change = {
      ...(email !== undefined && { email }),
      ...(role !== undefined && { role }),
      ...(passwordHash !== undefined && { passwordHash }),
    };
    if (Object.keys(change).length === 0) return { kind: "changed", user };
    const isReset = passwordHash !== undefined;
    const act = { role: Role.parse(user.role), newRole: role, setsPassword: isReset };
    const refused = refusalToToken(actor, act);
    if (refused !== undefined) return refused;
    if (role !== undefined && role !== "admin" && isLastAdmin(admins, userId)) {
      return { kind: "last_admin" };
    }
    const changed = await updateUser(tx, userId, change) ?? user;
    if (isReset) await deleteSessionsOf(tx, userId);
    const ended = isReset && !keepApiKeys ? await deleteApiKeysOf(tx, userId) : [];
    await audit(tx, new Date(deps.now()), actor, "user.updated", user, {
      fields: Object.keys(patch).sort(),
      ...(role !== undefined && { role }),
      ...(ended.length > 0 && { apiKeysEnded: ended }),
    });
    return { kind: "changed", user: changed };
  });
}

/** Deletes a user and everything of theirs here, and owes the rest in the same transaction. */
export async function removeUser(
  deps: UserDeps,
  actor: Administrator,
  userId: string,
): Promise<DeleteUserResult> {
  const result = await deps.db.transaction(async (tx): Promise<DeleteUserResult> => {
    const admins = await lockAdmins(tx);
    // Locked first, so that no new connection or session can refer to the user meanwhile.
    const user = await lockUser(tx, userId);
    if (user === undefined) return { kind: "not_found" };
    const refused = refusalToToken(actor, { role: Role.parse(user.role), setsPassword: false });
    if (refused !== undefined) return refused;
    if (isLastAdmin(admins, userId)) return { kind: "last_admin" };
    const at = new Date(deps.now());
    await callOffSignIns(tx, { userId });
    const connections = await deleteConnections(tx, { userId });
    await insertPurges(tx, [...purgesOfConnections(connections), ...purgesOfUser(userId)], at);
    await audit(tx, at, actor, "user.deleted", user, {});
    await deleteUser(tx, userId);
    return { kind: "deleted" };
  });
  if (result.kind === "deleted") deps.onPurgesOwed();
  return result;
}

function isLastAdmin(admins: readonly string[], userId: string): boolean {
  return admins.length === 1 && admins[0] === userId;
}

async function audit(
  db: Executor,
  at: Date,
  actor: Administrator,
  action: string,
  user: UserRow,
  detail: Record<string, string | string[]>,
): Promise<void> {
  await insertAuditLine(db, {
    at,
    source: "auth",
    actorId: actor.userId,
    action,
    target: user.id,
    detail: { username: user.username, ...detail },
  });
}
