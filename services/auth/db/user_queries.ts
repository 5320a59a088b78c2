import { asc, eq, gt } from "drizzle-orm";
import type { Role } from "@codex/protocol";
import { type Executor, schema } from "./database.ts";

const { users } = schema;

export type UserRow = typeof users.$inferSelect;
export type NewUserRow = Omit<typeof users.$inferInsert, "id" | "role"> & { role: Role };

/** Undefined when the name is taken. */
export async function insertUser(db: Executor, user: NewUserRow): Promise<UserRow | undefined> {
  const rows = await db.insert(users).values(user)
    .onConflictDoNothing({ target: users.usernameKey }).returning();
  return rows[0];
}

export async function anyUserExists(db: Executor): Promise<boolean> {
  return (await db.select({ id: users.id }).from(users).limit(1)).length > 0;
}

export async function findUser(db: Executor, id: string): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)))[0];
}

export async function findUserByName(
  db: Executor,
  usernameKey: string,
): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.usernameKey, usernameKey)))[0];
}

/** In order of their names, after `afterKey`. */
export async function listUsers(
  db: Executor,
  afterKey: string | undefined,
  limit: number,
): Promise<UserRow[]> {
  return await db.select().from(users)
    .where(afterKey === undefined ? undefined : gt(users.usernameKey, afterKey))
    .orderBy(asc(users.usernameKey)).limit(limit);
}

/** Keeps the user and everything that refers to them as they are until the transaction ends. */
export async function lockUser(db: Executor, id: string): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)).for("update"))[0];
}

/** Ids of all administrators, none of whom can be deleted or demoted by others meanwhile. */
export async function lockAdmins(db: Executor): Promise<string[]> {
  const rows = await db.select({ id: users.id }).from(users).where(eq(users.role, "admin"))
    .orderBy(asc(users.id)).for("update");
  return rows.map((row) => row.id);
}

export async function updateUser(
  db: Executor,
  id: string,
  change: Partial<Pick<NewUserRow, "email" | "role" | "passwordHash">>,
): Promise<UserRow | undefined> {
  return (await db.update(users).set(change).where(eq(users.id, id)).returning())[0];
}

export async function deleteUser(db: Executor, id: string): Promise<void> {
  await db.delete(users).where(eq(users.id, id));
}
