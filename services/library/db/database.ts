/** What queries run on: the database itself or a transaction of it. */
import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import { type SQL, sql } from "drizzle-orm";
import { ProblemError } from "@codex/service";
import * as schema from "./schema.ts";

export { schema };
export type LibrarySchema = typeof schema;

export type Executor = PgDatabase<PostgresJsQueryResultHKT, LibrarySchema>;

/** How long a write waits for another to the same row. */
const LOCK_TIMEOUT_MS = 8000;
const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK_DETECTED = "40P01";
const FOREIGN_KEY_VIOLATION = "23503";

/** A list of ids or keys as one parameter, however long it is. */
export function arrayOf(values: readonly string[], type: "uuid" | "text"): SQL {
  const list = sql`${JSON.stringify(values)}::json`;
  return sql`array(select value::${sql.raw(type)} from json_array_elements_text(${list}))`;
}

/**
 * Runs one write. It doesn't wait for rows longer than a caller would: a row can be held while a plugin's
 * grants are asked for.
 *
 * @throws ProblemError `conflict` when another write holds the row, `not_found` when what it writes to is
 * deleted meanwhile
 */
export async function transact<Result>(
  db: Executor,
  run: (tx: Executor) => Promise<Result>,
  lockTimeoutMs = LOCK_TIMEOUT_MS,
): Promise<Result> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('lock_timeout', ${String(lockTimeoutMs)}, true)`);
      return await run(tx);
    });
  } catch (error) {
    const code = sqlState(error);
    if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED) {
      throw new ProblemError("conflict", "Something else is being written here: try again", {
        cause: error,
      });
    }
    if (code === FOREIGN_KEY_VIOLATION) {
      throw new ProblemError("not_found", "It was deleted meanwhile", { cause: error });
    }
    throw error;
  }
}

function sqlState(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return undefined;
  const cause = error.cause instanceof Error ? error.cause : error;
  return Reflect.get(cause, "code");
}
