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
  const database = kept ??= await createTestDatabase("library");
  return {
    url: database.urls.codex_library,
    [Symbol.asyncDispose]: async () => {
      await empty(database);
      isLent = false;
    },
  };
}

async function empty(database: TestDatabase): Promise<void> {
  const sql = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`truncate library.libraries cascade`;
  } finally {
    await sql.end();
  }
}
