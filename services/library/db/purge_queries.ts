/** Forgetting a person (architecture.md: "Services and what each owns"). */
import { eq, type SQL, sql } from "drizzle-orm";
import type { UserId } from "@codex/protocol";
import { type Executor, schema } from "./database.ts";

const { bookProgress, seriesRatings, history } = schema;

/**
 * Deletes what a user kept, and takes their id out of what they wrote: the edits belong to the library
 * and stay. Idempotent.
 */
export async function purgeUser(tx: Executor, userId: UserId): Promise<void> {
  await tx.delete(bookProgress).where(eq(bookProgress.userId, userId));
  await tx.delete(seriesRatings).where(eq(seriesRatings.userId, userId));
  for (const [table, column] of PROVENANCE_COLUMNS) {
    await tx.execute(forgetInProvenance(table, column, userId));
  }
  await tx.update(history).set({ userId: null }).where(eq(history.userId, userId));
}

const PROVENANCE_COLUMNS = [
  ["series", "provenance"],
  ["books", "provenance"],
  ["history", "provenance_before"],
] as const;

function forgetInProvenance(table: string, column: string, userId: UserId): SQL {
  const name = sql.identifier(column);
  return sql`
    update ${sql.identifier("library")}.${sql.identifier(table)} set ${name} = (
      select jsonb_object_agg(
        field, case when writer ->> 'userId' = ${userId} then writer - 'userId' else writer end)
      from jsonb_each(${name}) as written(field, writer))
    where jsonb_path_exists(
      ${name}, '$.*.userId ? (@ == $id)', jsonb_build_object('id', ${userId}::text))`;
}
