import { deepEqual as equal } from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { migrateDatabase } from "../../../infra/migrate/migrate.ts";
import { createTestDatabase, testPasswords } from "../../../infra/test/database.ts";
import { treeBefore } from "../../../infra/test/tree_before.ts";

const TAG = "0004_progress_scope";

async function insertKey(sql: Sql, userId: string, name: string, scopes: string[]): Promise<void> {
  await sql`insert into auth.api_keys (user_id, name, scopes, prefix, secret_hash, created_at)
    values (${userId}, ${name}, ${scopes}, 'cxk_', sha256(${name}::text::bytea), now())`;
}

Deno.test("a token that could write progress by library:read still can after the migration", async () => {
  const tree = await treeBefore("auth", TAG);
  await using database = await createTestDatabase("none");
  const { adminUrl } = database;
  const migrate = (options: { tree?: string } = {}) =>
    migrateDatabase({ adminUrl, passwords: testPasswords, services: ["auth"], ...options });
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await migrate({ tree });
    const [user] = await sql`
      insert into auth.users (username, username_key, email, role, password_hash, created_at)
      values ('ada', 'ada', 'ada@example.org', 'reader', 'x', now()) returning id`;
    await insertKey(sql, user?.["id"], "reading", ["account", "library:read"]);
    await insertKey(sql, user?.["id"], "plugins", ["plugins:use"]);
    await insertKey(sql, user?.["id"], "both", ["library:read", "progress:write"]);
    await migrate();
    const rows = await sql`select name, scopes from auth.api_keys order by name`;
    equal(rows.map(({ name, scopes }) => [name, scopes]), [
      ["both", ["library:read", "progress:write"]],
      ["plugins", ["plugins:use"]],
      ["reading", ["account", "library:read", "progress:write"]],
    ]);
  } finally {
    await sql.end();
    await Deno.remove(tree, { recursive: true });
  }
});
