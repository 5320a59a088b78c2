/**
 * drizzle's journal of a service's migrations against the rows it wrote into the database.
 *
 * `migrate()` applies what is newer than the newest applied one and skips everything older, for
 * instance a migration merged late from another branch. Counting shows that.
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { z } from "zod";
import { Failure } from "../failure.ts";
import { databaseFolder, type DatabaseService } from "./services.ts";

const journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });

export interface Migrations {
  readonly folder: string;
  /** Their names, oldest first. */
  readonly tags: readonly string[];
}

/** The migrations in the working tree, or undefined while a service has none. */
export async function readMigrations(
  service: DatabaseService,
  tree?: string,
): Promise<Migrations | undefined> {
  const folder = join(databaseFolder(service.name, tree), "migrations");
  try {
    const { entries } = journal.parse(
      JSON.parse(await Deno.readTextFile(join(folder, "meta", "_journal.json"))),
    );
    return { folder, tags: entries.map((entry) => entry.tag) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Failure(`The migrations of "${service.name}" have no valid journal in "${folder}"`);
  }
}

/** How many migrations the database holds of a service. */
export async function countApplied(sql: Sql, schema: string): Promise<number> {
  const [table] = await sql`select to_regclass(${`${schema}.migrations`}) is not null as exists`;
  if (!table?.exists) return 0;
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from ${sql(schema)}.migrations`;
  return row?.count ?? 0;
}
