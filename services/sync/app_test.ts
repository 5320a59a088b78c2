import assert from "node:assert/strict";
import type { CallContext } from "@codex/protocol";
import { connectDatabase, countMigrations, databaseReady } from "@codex/service/database";
import { createTestDatabase } from "../../infra/test/database.ts";
import { createSyncClient } from "./client.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import { schema } from "./db/database.ts";
import { createFixture, type Fixture } from "./testing/fixture.ts";

const context: CallContext = { requestId: "request-of-a-test" };

async function clientOf(test: Fixture, service: "auth" | "gateway" | "plugin-host") {
  return createSyncClient({
    identity: await test.identities.of(service),
    baseUrl: "http://sync.test",
    fetch: async (input, init) => await test.app.request(input, init),
  });
}

/** A connection of somebody with something in every table. */
async function keepSomething(test: Fixture, userId: string): Promise<string> {
  const [connectionId, pluginId] = [crypto.randomUUID(), crypto.randomUUID()];
  const owner = { connectionId, userId };
  const createdAt = new Date(0);
  const id = crypto.randomUUID();
  await test.db.insert(schema.connectionSyncs).values({ ...owner, pluginId });
  await test.db.insert(schema.syncRuns).values({
    ...owner,
    id,
    pluginId,
    startedBy: "user",
    phase: "pull",
    batchSize: 1,
    createdAt,
  });
  await test.db.insert(schema.outboxEntries).values({
    ...owner,
    entryKey: "id:30002",
    externalId: "30002",
    entry: { externalId: "30002", status: "reading" },
    hash: "",
    extent: {},
    seriesIds: [],
    builtBy: id,
    createdAt,
  });
  await test.db.insert(schema.entryStates).values({ ...owner, entryKey: "id:30002" });
  await test.db.insert(schema.entryMatches).values({
    ...owner,
    externalId: "30002",
    seriesId: crypto.randomUUID(),
    source: "reader",
    createdAt,
  });
  await test.db.insert(schema.recommendationLists).values({ ...owner, pluginId });
  await test.db.insert(schema.dismissals).values({ ...owner, externalId: "1", at: createdAt });
  return connectionId;
}

/** Connections that anything is kept of, table by table. */
async function kept(test: Fixture): Promise<string[][]> {
  const tables = await test.sql<{ name: string }[]>`
    select tablename as name from pg_tables
    where schemaname = 'sync' and tablename <> 'migrations' order by 1`;
  return await Promise.all(tables.map(async ({ name }) => {
    const rows = await test.sql<{ id: string }[]>`
      select distinct connection_id as id from ${test.sql(name)} order by 1`;
    return rows.map(({ id }) => id);
  }));
}

Deno.test("a migrated database makes the service ready", async () => {
  await using database = await createTestDatabase("sync");
  const { sql, close } = connectDatabase(database.urls.codex_sync, schema);
  const check = databaseReady(sql, "sync", countMigrations(journal));
  assert.equal(await check(), null);
  await close();
});

Deno.test("purging a connection or a user deletes their rows in every table, and may be repeated", async () => {
  await using test = await createFixture();
  const auth = await clientOf(test, "auth");
  const [user, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const [first, second, foreign] = [
    await keepSomething(test, user),
    await keepSomething(test, user),
    await keepSomething(test, other),
  ];
  for (const ids of await kept(test)) assert.equal(ids.length, 3);
  for (let i = 0; i < 2; i++) {
    await auth.purgeConnection(context, first);
    for (const ids of await kept(test)) assert.deepEqual(ids, [second, foreign].sort());
  }
  for (let i = 0; i < 2; i++) {
    await auth.purgeUser(context, user);
    for (const ids of await kept(test)) assert.deepEqual(ids, [foreign]);
  }
});

Deno.test("only auth may purge, only gateway may ask on behalf of a user", async () => {
  await using test = await createFixture();
  const pluginHost = await clientOf(test, "plugin-host");
  const id = crypto.randomUUID();
  await assert.rejects(pluginHost.purgeConnection(context, id), { code: "forbidden" });
  await assert.rejects(pluginHost.purgeUser(context, id), { code: "forbidden" });
  const reader = { ...context, subject: test.reader };
  await assert.rejects((await clientOf(test, "auth")).listConnectionSyncs(reader), {
    code: "forbidden",
  });
  await assert.rejects((await clientOf(test, "gateway")).listConnectionSyncs(context), {
    code: "unauthenticated",
  });
  const calls = [
    ["POST", "/sync"],
    ["GET", "/sync/status"],
    ["GET", "/sync/runs"],
    ["GET", "/sync/outbox"],
    ["POST", "/sync/outbox/retry"],
    ["DELETE", `/sync/outbox/${id}`],
    ["GET", "/sync/unmatched"],
    ["GET", "/sync/matches"],
    ["PUT", "/sync/matches"],
    ["GET", "/tasks"],
  ];
  for (const [method, path] of calls) {
    const url = `/api/v1/user/plugins/${test.plugin.id}${path}`;
    const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
    for (const from of ["auth", "plugin-host"] as const) {
      const reply = await test.call(method!, url, { from, ...body, subject: null });
      await reply.body?.cancel();
      assert.equal(reply.status, 403, `${method} ${path}`);
    }
    const nobody = await test.call(method!, url, { ...body, subject: null });
    await nobody.body?.cancel();
    assert.equal(nobody.status, 401, `${method} ${path}`);
    const unscoped = { ...test.reader, scopes: [] };
    const reply = await test.call(method!, url, { ...body, subject: unscoped });
    await reply.body?.cancel();
    assert.equal(reply.status, 403, `${method} ${path}`);
  }
});

Deno.test("a connection has one unfinished run at a time", async () => {
  await using test = await createFixture();
  const run = (state: "queued" | "running" | "paused" | "succeeded" | "failed") =>
    test.db.insert(schema.syncRuns).values({
      ...test.ref,
      id: crypto.randomUUID(),
      startedBy: "schedule",
      state,
      phase: "pull",
      batchSize: 1,
      createdAt: new Date(0),
    });
  for (const state of ["succeeded", "failed", "running", "succeeded"] as const) await run(state);
  for (const state of ["queued", "running", "paused"] as const) {
    await assert.rejects(async () => await run(state), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(Reflect.get(error.cause ?? {}, "code"), "23505");
      return true;
    });
  }
});
