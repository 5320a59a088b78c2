import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import type { ConnectionId, PluginId } from "@codex/protocol";
import { PluginRecord } from "./plugin_record.ts";
import * as schema from "./schema.ts";

/** The database or a transaction of it. */
export type Executor = PgDatabase<PostgresJsQueryResultHKT, typeof schema>;

export type NewPluginRow = typeof schema.plugins.$inferInsert;
export type PluginChange = Partial<Omit<NewPluginRow, "id" | "name" | "createdAt">>;

const { callBuckets, plugins } = schema;

/** PostgreSQL's code for a unique value that is taken. */
const UNIQUE_VIOLATION = "23505";

export async function listPlugins(db: Executor): Promise<PluginRecord[]> {
  const rows = await db.select().from(plugins).orderBy(asc(plugins.displayName), asc(plugins.name));
  return rows.map((row) => PluginRecord.parse(row));
}

export async function listPluginIds(db: Executor): Promise<Set<PluginId>> {
  const rows = await db.select({ id: plugins.id }).from(plugins);
  return new Set(rows.map(({ id }) => id as PluginId));
}

/** The revision of each plugin that may have processes. */
export async function listEnabledRevisions(db: Executor): Promise<Map<PluginId, number>> {
  const { id, revision, enabled, folderMissing } = plugins;
  const rows = await db.select({ id, revision }).from(plugins)
    .where(and(eq(enabled, true), eq(folderMissing, false)));
  return new Map(rows.map((row) => [row.id as PluginId, row.revision]));
}

export async function findPlugin(db: Executor, id: PluginId): Promise<PluginRecord | undefined> {
  const [row] = await db.select().from(plugins).where(eq(plugins.id, id));
  return row && PluginRecord.parse(row);
}

/**
 * Makes the question what may have changed since a plugin's last call, in one small statement.
 *
 * @returns asks it for a plugin, and the connection that the call is for. The answer:
 * PostgreSQL's own mark of the row's last write, and for how many milliseconds calls are paused; undefined where there
 * is no such plugin
 */
export function prepareCallState(db: Executor) {
  const { placeholder } = sql;
  const buckets = inArray(callBuckets.id, [placeholder("id"), placeholder("connectionId")]);
  const statement = db.select({
    version: sql<string>`${plugins}.xmin::text`,
    pausedMs: sql<number | null>`(
      select (extract(epoch from max(paused_until) - now()) * 1000)::float8
      from ${callBuckets} where ${buckets})`,
  }).from(plugins).where(eq(plugins.id, placeholder("id"))).prepare("call_state");
  return async (
    id: PluginId,
    connectionId: ConnectionId | undefined,
  ): Promise<{ version: string; pausedMs: number } | undefined> => {
    const [row] = await statement.execute({ id, connectionId: connectionId ?? id });
    return row && { version: row.version, pausedMs: row.pausedMs ?? 0 };
  };
}

/** The row, locked until the transaction ends. */
export async function lockPlugin(db: Executor, id: PluginId): Promise<PluginRecord | undefined> {
  const [row] = await db.select().from(plugins).where(eq(plugins.id, id)).for("update");
  return row && PluginRecord.parse(row);
}

/** The new row, or undefined when the name is taken. */
export async function insertPlugin(
  db: Executor,
  row: NewPluginRow,
): Promise<PluginRecord | undefined> {
  try {
    const [inserted] = await db.insert(plugins).values(row).returning();
    return PluginRecord.parse(inserted);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && Reflect.get(cause, "code") === UNIQUE_VIOLATION) return undefined;
    throw error;
  }
}

/**
 * Changes a row.
 *
 * @param restarts whether a live process was started with what changes
 */
export async function updatePlugin(
  db: Executor,
  id: PluginId,
  change: PluginChange,
  restarts: boolean,
): Promise<PluginRecord | undefined> {
  const [row] = await db.update(plugins)
    .set({
      ...change,
      updatedAt: sql`now()`,
      ...(restarts && { revision: sql`${plugins.revision} + 1` }),
    })
    .where(eq(plugins.id, id)).returning();
  return row && PluginRecord.parse(row);
}

export async function deletePlugin(db: Executor, id: PluginId): Promise<void> {
  await db.delete(plugins).where(eq(plugins.id, id));
}
