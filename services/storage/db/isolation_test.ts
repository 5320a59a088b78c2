import assert from "node:assert/strict";
import type { Sql } from "@codex/service/database";
import { connectTestSql, newConnection, store, type TestConnection } from "../testing.ts";
import { clearEntries, deleteEntry, getEntry, listEntries, purgeConnection } from "./queries.ts";

const denied = { code: "42501" };

/** Two connections, of two users to one plugin, with one entry each under the same key. */
async function storeTwo(sql: Sql): Promise<[TestConnection, TestConnection]> {
  const mine = newConnection();
  const other = newConnection({ pluginId: mine.pluginId });
  for (const [connection, value] of [[mine, '"mine"'], [other, '"other"']] as const) {
    assert.equal(await store(sql, connection, "key", { valueText: value }), "stored");
  }
  return [mine, other];
}

/** Runs statements within one transaction that names `connection`, as the functions do. */
async function asConnection<T>(
  sql: Sql,
  { connectionId, userId }: TestConnection,
  run: (tx: Sql) => Promise<T>,
): Promise<T> {
  return await sql.begin(async (tx) => {
    await tx`select set_config('codex.connection_id', ${connectionId}, true),
      set_config('codex.user_id', ${userId}, true)`;
    return await run(tx as unknown as Sql);
  }) as T;
}

const valuesOf = async (admin: Sql) =>
  (await admin`select data::text as value from storage.entries order by 1`).map((row) => row.value);

Deno.test("no operation reads, changes or deletes what another connection keeps", async () => {
  await using database = await connectTestSql();
  const { sql, admin } = database;
  const [mine, other] = await storeTwo(sql);

  assert.equal((await getEntry(sql, mine.connectionId, "key"))?.text, '"mine"');
  assert.equal((await listEntries(sql, mine.connectionId)).length, 1);
  await store(sql, mine, "key", { valueText: '"changed"' });
  assert.deepEqual(await valuesOf(admin), ['"changed"', '"other"']);
  assert.equal(await deleteEntry(sql, mine.connectionId, "key"), true);
  assert.equal(await clearEntries(sql, mine.connectionId), 0);
  assert.deepEqual(await valuesOf(admin), ['"other"']);
  assert.equal((await getEntry(sql, other.connectionId, "key"))?.text, '"other"');
});

Deno.test("entries: any statement of the service's role meets one connection's rows alone", async () => {
  await using database = await connectTestSql();
  const { sql, admin } = database;
  const [mine, other] = await storeTwo(sql);

  await asConnection(sql, mine, async (tx) => {
    const rows = await tx`select data::text as value from storage.entries`;
    assert.deepEqual(rows.map((row) => row.value), ['"mine"']);
    assert.equal((await tx`update storage.entries set data = '1'`).count, 1);
    const { count } = await tx`
      delete from storage.entries where connection_id = ${other.connectionId}`;
    assert.equal(count, 0);
  });
  assert.deepEqual(await valuesOf(admin), ['"other"', "1"]);

  const foreign = [
    (tx: Sql) =>
      tx`insert into storage.entries
        (connection_id, key, data, value_bytes, updated_at, plugin_id, user_id)
        values (${other.connectionId}, 'new', '1', 1, now(), ${other.pluginId}, ${other.userId})`,
    (tx: Sql) => tx`update storage.entries set connection_id = ${other.connectionId}`,
  ];
  for (const statement of foreign) {
    await assert.rejects(asConnection(sql, mine, (tx) => statement(tx)), denied);
  }
  assert.deepEqual(await valuesOf(admin), ['"other"', "1"]);
});

Deno.test("entries: without a connection the service's role sees and changes nothing", async () => {
  await using database = await connectTestSql();
  const { sql, admin } = database;
  await storeTwo(sql);
  // Every session of the pool has named a connection before, or has not: neither matters.
  for (let i = 0; i < 25; i++) {
    assert.equal((await sql`select from storage.entries`).length, 0);
  }
  assert.equal((await sql`update storage.entries set data = '1'`).count, 0);
  assert.equal((await sql`delete from storage.entries`).count, 0);
  assert.deepEqual(await valuesOf(admin), ['"mine"', '"other"']);
});

Deno.test("purges: the service's role sees those of its connection and user, and writes none", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance } = database;
  const mine = newConnection();
  const other = newConnection();
  for (const { connectionId } of [mine, other]) await purgeConnection(maintenance, connectionId);
  for (const { userId } of [mine, other]) {
    await maintenance`
      insert into storage.purges (digest) values (storage.purge_digest(${userId}))`;
  }
  assert.equal((await sql`select from storage.purges`).length, 0);
  const seen = await asConnection(
    sql,
    mine,
    (tx) =>
      tx`select digest = storage.purge_digest(${mine.connectionId}) as "isConnection",
        digest = storage.purge_digest(${mine.userId}) as "isUser" from storage.purges`,
  );
  assert.equal(seen.length, 2);
  assert.ok(seen.some((row) => row.isConnection) && seen.some((row) => row.isUser));
  for (
    const statement of [
      (tx: Sql) => tx`insert into storage.purges (digest) values ('\\x00')`,
      (tx: Sql) => tx`delete from storage.purges`,
      (tx: Sql) => tx`update storage.purges set purged_at = now()`,
    ]
  ) await assert.rejects(asConnection(sql, mine, (tx) => statement(tx)), denied);
});

Deno.test("the service's role reaches no maintenance", async () => {
  await using database = await connectTestSql();
  const { sql } = database;
  const id = crypto.randomUUID();
  for (const name of ["purge_connection", "purge_user", "sweep_connection"]) {
    await assert.rejects(sql`select ${sql(`storage.${name}`)}(${id})`, denied, name);
  }
  for (
    const statement of [
      "truncate storage.entries",
      "alter table storage.entries no force row level security",
      "alter table storage.entries disable row level security",
      "drop policy entries_of_connection on storage.entries",
      "set role codex_storage_maintenance",
    ]
  ) await assert.rejects(sql.unsafe(statement), denied, statement);
  await assert.rejects(
    sql.begin(async (tx) => {
      await tx`set local row_security = off`;
      await tx`select from storage.entries`;
    }),
    denied,
  );
});

Deno.test("the maintenance role sees every entry, but no value", async () => {
  await using database = await connectTestSql();
  const { sql, maintenance, admin } = database;
  const [mine] = await storeTwo(sql);
  const rows = await maintenance`select connection_id, key, value_bytes, expires_at, updated_at,
    plugin_id, user_id from storage.entries`;
  assert.equal(rows.length, 2);
  for (
    const statement of [
      "select data from storage.entries",
      "select * from storage.entries",
      "select entries from storage.entries",
      "delete from storage.entries returning data",
      "delete from storage.entries where data::text = '1'",
      "update storage.entries set key = 'x'",
      "copy storage.entries to stdout",
    ]
  ) await assert.rejects(maintenance.unsafe(statement), denied, statement);
  await assert.rejects(
    maintenance`insert into storage.entries
      (connection_id, key, data, value_bytes, updated_at, plugin_id, user_id)
      values (${mine.connectionId}, 'new', '1', 1, now(), ${mine.pluginId}, ${mine.userId})`,
    denied,
  );
  await assert.rejects(getEntry(maintenance, mine.connectionId, "key"), denied);
  assert.deepEqual(await valuesOf(admin), ['"mine"', '"other"']);
});

Deno.test("both roles own nothing and are bound by row-level security", async () => {
  await using database = await connectTestSql();
  const rows = await database.admin`
    select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
      (select count(*)::int from pg_class where relowner = r.oid) as relations,
      (select count(*)::int from pg_proc where proowner = r.oid) as functions
    from pg_roles r where rolname in ('codex_storage', 'codex_storage_maintenance')`;
  assert.equal(rows.length, 2);
  for (const { rolname, ...rights } of rows) {
    assert.deepEqual(Object.values(rights), [false, false, false, false, 0, 0], rolname);
  }
  const tables = await database.admin`select relname, relrowsecurity, relforcerowsecurity
    from pg_class where relnamespace = 'storage'::regnamespace and relkind = 'r'
      and relname <> 'migrations'`;
  assert.equal(tables.length, 2);
  for (const { relname, ...row } of tables) {
    assert.deepEqual(Object.values(row), [true, true], relname);
  }
});
