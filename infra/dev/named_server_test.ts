import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { startTestServer } from "../test/server.ts";
import { layGround, startPlatform } from "./testing/platform.ts";

Deno.test("with an administrator's URL the named server gets roles, and ours is not started", async () => {
  // A server of its own: roles and their passwords belong to a whole server.
  await using server = await startTestServer();
  await using ground = await layGround();
  const adminUrlFile = join(ground.tree, "admin-url");
  await Deno.writeTextFile(adminUrlFile, `${server.adminUrl}\n`);
  {
    await using platform = startPlatform(ground, { CODEX_DATABASE_ADMIN_URL_FILE: adminUrlFile });
    await platform.until(/^Codex is ready/);
    await assert.rejects(Deno.stat(join(ground.dataDir, "postgres")), Deno.errors.NotFound);
    platform.kill("SIGTERM");
    assert.equal((await platform.status).code, 0);
  }
  const urlFile = join(ground.dataDir, "secrets", "storage", "codex_storage-database-url");
  const sql = postgres(await Deno.readTextFile(urlFile), { max: 1 });
  assert.equal((await sql`select current_user as user`)[0]?.["user"], "codex_storage");
  await sql.end();

  // The roles' passwords are kept: from now on the administrator's URL isn't needed.
  const { host, pathname } = new URL(server.adminUrl);
  await using platform = startPlatform(ground, { DATABASE_URL: `postgres://${host}${pathname}` });
  await platform.until(/^Codex is ready/);
});
