import { and, count, desc, eq, gt, isNull, lt, or } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";
import type { UserRow } from "./user_queries.ts";

const { apiKeys, users } = schema;

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function insertApiKey(
  db: Executor,
  key: typeof apiKeys.$inferInsert,
): Promise<ApiKeyRow> {
  const [row] = await db.insert(apiKeys).values(key).returning();
  return row!;
}

export async function countApiKeys(db: Executor, userId: string): Promise<number> {
  const [row] = await db.select({ count: count() }).from(apiKeys)
    .where(eq(apiKeys.userId, userId));
  return row?.count ?? 0;
}

export async function findApiKey(
  db: Executor,
  secretHash: Uint8Array,
  now: Date,
): Promise<{ key: ApiKeyRow; user: UserRow } | undefined> {
  const rows = await db.select({ key: apiKeys, user: users }).from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(and(
      eq(apiKeys.secretHash, secretHash),
      or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
    ));
  return rows[0];
}

export async function touchApiKey(db: Executor, id: string, at: Date): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id));
}

export async function listApiKeys(db: Executor, userId: string): Promise<ApiKeyRow[]> {
  return await db.select().from(apiKeys).where(eq(apiKeys.userId, userId))
    .orderBy(desc(apiKeys.createdAt), apiKeys.id);
}

/** The id of the token's user. */
export async function findApiKeyOwner(db: Executor, id: string): Promise<string | undefined> {
  const rows = await db.select({ userId: apiKeys.userId }).from(apiKeys).where(eq(apiKeys.id, id));
  return rows[0]?.userId;
}

/** Everybody's, or one user's, newest first, after the token that `after` names. */
export async function listEveryonesApiKeys(
  db: Executor,
  filter: {
    readonly userId?: string | undefined;
    readonly after?: { readonly createdAt: Date; readonly id: string } | undefined;
    readonly limit: number;
  },
): Promise<{ key: ApiKeyRow; username: string }[]> {
  const { userId, after, limit } = filter;
  return await db.select({ key: apiKeys, username: users.username }).from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(and(
      userId === undefined ? undefined : eq(apiKeys.userId, userId),
      after === undefined ? undefined : or(
        lt(apiKeys.createdAt, after.createdAt),
        and(eq(apiKeys.createdAt, after.createdAt), lt(apiKeys.id, after.id)),
      ),
    ))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)).limit(limit);
}

/** Ends every token of the user; the names of those that there were. */
export async function deleteApiKeysOf(db: Executor, userId: string): Promise<string[]> {
  const rows = await db.delete(apiKeys).where(eq(apiKeys.userId, userId))
    .returning({ name: apiKeys.name });
  return rows.map(({ name }) => name).sort();
}

/** Undefined when there is no such token of this user. */
export async function deleteApiKey(
  db: Executor,
  id: string,
  userId: string,
): Promise<ApiKeyRow | undefined> {
  const rows = await db.delete(apiKeys)
    .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, userId))).returning();
  return rows[0];
}
