import assert from "node:assert/strict";
import type { Sql } from "@codex/service/database";
import { sweep } from "../sweeper.ts";
import { connectTestSql, expire, newConnection, store, waitsForLock } from "../testing.ts";
import { countUse, purgeConnection, purgeUser } from "./queries.ts";

const rowsOf = async (admin: Sql) =>
  (await admin`select connection_id || ' ' || key as row from storage.entries order by 1`)
    .map((row) => row.row);

Deno.test("sweeping deletes what has expired, of all connections, and nothing else", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const connections = Array.from({ length: 3 }, () => newConnection());
  for (const connection of connections) {
    for (const key of ["kept", "gone", "gone too"]) await store(sql, connection, key);
    for (const key of ["gone", "gone too"]) await expire(admin, connection, key);
  }
  assert.equal(await sweep(maintenance), 6);
  assert.deepEqual(
    await rowsOf(admin),
    connections.map(({ connectionId }) => `${connectionId} kept`).sort(),
  );
  assert.equal(await sweep(maintenance), 0);
});

Deno.test("several replicas that sweep at once delete each expired key once", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const ids = Array.from({ length: 150 }, () => newConnection());
  await Promise.all(ids.map(async (connection) => {
    await Promise.all(["a", "b"].map((key) => store(sql, connection, key)));
  }));
  await admin`update storage.entries set expires_at = now() - interval '1 second'`;
  const deleted = await Promise.all([1, 2, 3, 4].map(() => sweep(maintenance)));
  assert.equal(deleted.reduce((sum, count) => sum + count, 0), 300);
});

Deno.test("use counts live keys and their values' bytes, by connection of one plugin", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const first = newConnection();
  const second = newConnection({ pluginId: first.pluginId });
  await store(sql, first, "a", { valueText: '"é"' });
  await store(sql, first, "b", { valueText: "[1,2]" });
  await store(sql, first, "expired", { valueText: "[1,2,3]" });
  await expire(admin, first, "expired");
  await store(sql, second, "a", { valueText: "null" });
  await store(sql, newConnection(), "a");

  assert.deepEqual(
    await countUse(maintenance, first.pluginId),
    [
      { connectionId: first.connectionId, keys: 2, bytes: 9 },
      { connectionId: second.connectionId, keys: 1, bytes: 4 },
    ].sort((a, b) => a.connectionId < b.connectionId ? -1 : 1),
  );
  assert.deepEqual(await countUse(maintenance, newConnection().pluginId), []);
});

Deno.test("a purged connection keeps nothing and takes nothing; others of its user do", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const gone = newConnection();
  const kept = newConnection({ userId: gone.userId, pluginId: gone.pluginId });
  for (const connection of [gone, kept]) await store(sql, connection, "a");
  await purgeConnection(maintenance, gone.connectionId);
  await purgeConnection(maintenance, gone.connectionId);
  assert.equal(await store(sql, gone, "a"), "purged");
  assert.equal(await store(sql, kept, "b"), "stored");
  assert.deepEqual(await rowsOf(admin), [`${kept.connectionId} a`, `${kept.connectionId} b`]);
});

Deno.test("a purged user's connections keep nothing and take nothing, new ones neither", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const first = newConnection();
  const ofUser = [first, newConnection({ userId: first.userId })];
  const other = newConnection({ pluginId: first.pluginId });
  for (const connection of [...ofUser, other]) await store(sql, connection, "a");
  await purgeUser(maintenance, first.userId);
  await purgeUser(maintenance, first.userId);
  for (const connection of [...ofUser, newConnection({ userId: first.userId })]) {
    assert.equal(await store(sql, connection, "a"), "purged");
  }
  assert.deepEqual(await rowsOf(admin), [`${other.connectionId} a`]);
});

Deno.test("a set under way while its connection or user is purged leaves nothing behind", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  for (const existing of [false, true]) {
    for (const ofUser of [false, true]) {
      const connection = newConnection();
      if (existing) await store(sql, connection, "late");
      let purge: Promise<void> | undefined;
      await sql.begin(async (tx) => {
        // The set has passed every check, but isn't committed while the purge runs.
        assert.equal(await store(tx, connection, "late"), "stored");
        purge = ofUser
          ? purgeUser(maintenance, connection.userId)
          : purgeConnection(maintenance, connection.connectionId);
        await waitsForLock(admin, purge);
      });
      await purge;
      assert.deepEqual(await rowsOf(admin), [], JSON.stringify({ existing, ofUser }));
    }
  }
});

Deno.test("what is remembered of a purge does not tell whose it was", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const gone = newConnection();
  await purgeConnection(maintenance, gone.connectionId);
  await purgeUser(maintenance, gone.userId);
  assert.equal(await store(sql, gone, "a"), "purged");
  const rows = await admin`select purges::text as row, digest from storage.purges`;
  assert.equal(rows.length, 2);
  for (const { row, digest } of rows) {
    assert.equal(digest.length, 32);
    for (const id of [gone.connectionId, gone.userId]) {
      assert.ok(!row.includes(id) && !row.includes(id.replaceAll("-", "")), row);
    }
  }
});

Deno.test("a purge is forgotten only when no ticket from before it can be valid", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const connection = newConnection();
  await purgeConnection(maintenance, connection.connectionId);
  const age = async (minutes: number) => {
    await admin`update storage.purges set purged_at = now() - make_interval(mins => ${minutes})`;
    await sweep(maintenance);
    return await store(sql, connection, "a");
  };
  assert.equal(await age(9), "purged");
  assert.equal(await age(11), "stored");
});
