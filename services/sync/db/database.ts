/** What queries run on: the database itself or a transaction of it. */
import { type SQL, sql } from "drizzle-orm";
import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import type { Database } from "@codex/service/database";
import * as schema from "./schema.ts";

export { schema };
export type SyncSchema = typeof schema;
export type SyncDatabase = Database<SyncSchema>;
export type Executor = PgDatabase<PostgresJsQueryResultHKT, SyncSchema>;

/** PostgreSQL's code for a second row where only one may be. */
const UNIQUE_VIOLATION = "23505";

export function isUniqueViolation(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause ?? error : undefined;
  return cause instanceof Error && Reflect.get(cause, "code") === UNIQUE_VIOLATION;
}

/** A list as one parameter, however long it is. */
export function arrayOf(values: readonly string[], type: "uuid" | "text"): SQL {
  const list = sql`${JSON.stringify(values)}::json`;
  return sql`array(select value::${sql.raw(type)} from json_array_elements_text(${list}))`;
}

/** Rows as one parameter: one statement and one plan, however many they are. */
export function rowsOf(rows: readonly unknown[], columns: string): SQL {
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as given(${sql.raw(columns)})`;
}

export function toIso(instant: Date | null): string | undefined {
  return instant === null ? undefined : instant.toISOString();
}
