import assert from "node:assert/strict";
import postgres from "postgres";
import { createTestDatabase } from "./database.ts";

Deno.test("a test database is reached by each role in its own schema, and goes at the end", async () => {
  let url: string;
  {
    await using database = await createTestDatabase("all");
    url = database.urls.codex_storage_maintenance;
    const sql = postgres(url, { max: 1 });
    const [row] = await sql`select current_user as user, current_setting('search_path') as path`;
    assert.deepEqual({ ...row }, { user: "codex_storage_maintenance", path: "storage" });
    await sql.end();
  }
  const sql = postgres(url, { max: 1 });
  await assert.rejects(sql`select 1`, { code: "3D000" });
  await sql.end();
});

Deno.test("two test databases share nothing", async () => {
  await using one = await createTestDatabase("none");
  await using other = await createTestDatabase("none");
  const [left, right] = [postgres(one.adminUrl, { max: 1 }), postgres(other.adminUrl, { max: 1 })];
  await left`create table kept (x int)`;
  await assert.rejects(right`select * from kept`, { code: "42P01" });
  await Promise.all([left.end(), right.end()]);
});

Deno.test("a test database that is still in use is cut off, not waited for", async () => {
  const database = await createTestDatabase("none");
  const sql = postgres(database.adminUrl, { max: 1, onclose: () => {} });
  await sql`select 1`;
  await database[Symbol.asyncDispose]();
  await assert.rejects(sql`select 1`);
  await sql.end();
});
