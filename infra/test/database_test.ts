import assert from "node:assert/strict";
import postgres from "postgres";
import { createTestDatabase } from "./database.ts";

Deno.test("a test database is empty, reachable by its roles, and gone afterwards", async () => {
  const t = performance.now();
  let url: string;
  {
    await using database = await createTestDatabase("all");
    console.log(performance.now() - t);
    url = database.urls.codex_auth;
    const sql = postgres(url, { max: 1 });
    const [row] = await sql`select current_user as user, current_setting('search_path') as path`;
    assert.deepEqual({ ...row }, { user: "codex_auth", path: "auth" });
    await sql.end();
  }
  const t2 = performance.now();
  await using second = await createTestDatabase("all");
  console.log(performance.now() - t2);
  const sql = postgres(url, { max: 1 });
  await assert.rejects(sql`select 1`, { code: "3D000" });
  await sql.end();
  assert.ok(second);
});
