/** One database for all tests of a file, emptied between them: cloning one for each takes far longer. */
import postgres from "postgres";
import { createTestDatabase, type TestDatabase } from "../../../infra/test/database.ts";

let kept: TestDatabase | undefined;
let isLent = false;

Deno.test.afterAll(async () => {
  await kept?.[Symbol.asyncDispose]();
  kept = undefined;
});

/** An empty, migrated database; its connections must be closed before it is given back. */
export async function borrowDatabase(): Promise<{ url: string } & AsyncDisposable> {
  if (isLent) throw new Error("A test has not given its database back");
  isLent = true;
  const database = kept ??= await createTestDatabase("sync");
  return {
    url: database.urls.codex_sync,
    [Symbol.asyncDispose]: async () => {
      await empty(database);
      isLent = false;
    },
  };
}

async function empty(database: TestDatabase): Promise<void> {
  const sql = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
  try {
    const tables = await sql<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'sync' and tablename <> 'migrations'`;
    await sql.unsafe(`truncate ${tables.map(({ name }) => `sync.${name}`).join(", ")}`);
  } finally {
    await sql.end();
  }
}
