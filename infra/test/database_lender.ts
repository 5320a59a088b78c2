/** One database for all tests of a file, emptied between them: cloning one for each takes far longer. */
import postgres from "postgres";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export type BorrowedDatabase = { readonly url: string } & AsyncDisposable;

/**
 * Lends an empty, migrated database to one test at a time. To be called as a module is loaded, for
 * the database goes after the file's last test.
 *
 * @returns its URL as the service's role; connections must be closed before it is given back
 */
export function databaseLender(service: "library" | "sync"): () => Promise<BorrowedDatabase> {
  let kept: TestDatabase | undefined;
  let isLent = false;
  Deno.test.afterAll(async () => {
    await kept?.[Symbol.asyncDispose]();
    kept = undefined;
  });
  return async () => {
    if (isLent) throw new Error("A test has not given its database back");
    isLent = true;
    const database = kept ??= await createTestDatabase(service);
    return {
      url: database.urls[`codex_${service}`],
      [Symbol.asyncDispose]: async () => {
        await empty(database.adminUrl, service);
        isLent = false;
      },
    };
  };
}

async function empty(adminUrl: string, schema: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    const tables = await sql<{ name: string }[]>`
      select tablename as name from pg_tables
      where schemaname = ${schema} and tablename <> 'migrations'`;
    await sql`truncate ${sql(tables.map(({ name }) => `${schema}.${name}`))}`;
  } finally {
    await sql.end();
  }
}
