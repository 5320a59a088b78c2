/** What queries run on: the database itself or a transaction of it. */
import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import * as schema from "./schema.ts";

export { schema };
export type AuthSchema = typeof schema;

export type Executor = PgDatabase<PostgresJsQueryResultHKT, AuthSchema>;

/** PostgreSQL's code for a reference to a row that is gone. */
const FOREIGN_KEY_VIOLATION = "23503";

/** Whether a statement failed because the user it names was deleted meanwhile. */
export function isForeignKeyViolation(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause ?? error : undefined;
  return cause instanceof Error && Reflect.get(cause, "code") === FOREIGN_KEY_VIOLATION;
}
