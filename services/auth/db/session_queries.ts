import { and, desc, eq, gt, lt, ne, or } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";
import type { UserRow } from "./user_queries.ts";

const { sessions, users } = schema;

export type SessionRow = typeof sessions.$inferSelect;

/** Sessions that are not used since `idleSince`, or expire until `now`, count as ended. */
export interface SessionLimits {
  readonly now: Date;
  readonly idleSince: Date;
}

const alive = ({ now, idleSince }: SessionLimits) =>
  and(gt(sessions.expiresAt, now), gt(sessions.lastUsedAt, idleSince));

export async function insertSession(
  db: Executor,
  session: typeof sessions.$inferInsert,
): Promise<SessionRow> {
  const [row] = await db.insert(sessions).values(session).returning();
  return row!;
}

export async function findSession(
  db: Executor,
  tokenHash: Uint8Array,
  limits: SessionLimits,
): Promise<{ session: SessionRow; user: UserRow } | undefined> {
  const rows = await db.select({ session: sessions, user: users }).from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.tokenHash, tokenHash), alive(limits)));
  return rows[0];
}

/** A user's own session that still counts. */
export async function findSessionOf(
  db: Executor,
  id: string,
  userId: string,
  limits: SessionLimits,
): Promise<SessionRow | undefined> {
  const rows = await db.select().from(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId), alive(limits)));
  return rows[0];
}

export async function touchSession(db: Executor, id: string, at: Date): Promise<void> {
  await db.update(sessions).set({ lastUsedAt: at }).where(eq(sessions.id, id));
}

/** False when the session is gone or is another user's. */
export async function setAuthenticatedAt(
  db: Executor,
  id: string,
  userId: string,
  at: Date,
): Promise<boolean> {
  const rows = await db.update(sessions).set({ authenticatedAt: at })
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId))).returning({ id: sessions.id });
  return rows.length > 0;
}

export async function listSessions(
  db: Executor,
  userId: string,
  limits: SessionLimits,
): Promise<SessionRow[]> {
  return await db.select().from(sessions).where(and(eq(sessions.userId, userId), alive(limits)))
    .orderBy(desc(sessions.lastUsedAt));
}

/** False when there is no such session of this user. */
export async function deleteSession(db: Executor, id: string, userId: string): Promise<boolean> {
  const rows = await db.delete(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId))).returning({ id: sessions.id });
  return rows.length > 0;
}

/** Ends every session of the user, but the one to keep. */
export async function deleteSessionsOf(
  db: Executor,
  userId: string,
  keepId?: string,
): Promise<void> {
  await db.delete(sessions).where(
    and(eq(sessions.userId, userId), keepId === undefined ? undefined : ne(sessions.id, keepId)),
  );
}

export async function deleteEndedSessions(
  db: Executor,
  { now, idleSince }: SessionLimits,
): Promise<void> {
  await db.delete(sessions)
    .where(or(lt(sessions.expiresAt, now), lt(sessions.lastUsedAt, idleSince)));
}
