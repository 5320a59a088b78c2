import assert from "node:assert/strict";
import { asc } from "drizzle-orm";
import type { CallContext } from "@codex/protocol";
import { connectDatabase, countMigrations, databaseReady, quietLogger } from "@codex/service";
import { createTestIdentities } from "@codex/service/testing";
import { createTestDatabase } from "../../infra/test/database.ts";
import { createApp } from "./app.ts";
import { createSyncClient } from "./client.ts";
import journal from "./db/migrations/meta/_journal.json" with { type: "json" };
import * as schema from "./db/schema.ts";

const context: CallContext = { requestId: "sync-test" };

/** Sync over real HTTP and a real database. */
async function startTestSync() {
  const identities = await createTestIdentities();
  const database = await createTestDatabase("sync");
  const { db, sql, close } = connectDatabase(database.urls.codex_sync, schema);
  const app = createApp({
    db,
    identity: await identities.of("sync"),
    logger: quietLogger(),
    checks: { database: databaseReady(sql, "sync", countMigrations(journal)) },
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  return {
    db,
    baseUrl,
    clientOf: async (service: "auth" | "plugin-host") =>
      createSyncClient({ identity: await identities.of(service), baseUrl }),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await close();
      await database[Symbol.asyncDispose]();
    },
  };
}

type TestSync = Awaited<ReturnType<typeof startTestSync>>;

/** A connection of `userId` with one run and one outbox entry. */
async function keepSomething({ db }: TestSync, userId: string): Promise<string> {
  const connectionId = crypto.randomUUID();
  const pluginId = crypto.randomUUID();
  await db.insert(schema.syncRuns).values({
    id: crypto.randomUUID(),
    connectionId,
    pluginId,
    userId,
    startedBy: "user",
  });
  await db.insert(schema.outboxEntries).values({
    connectionId,
    externalId: "30002",
    userId,
    entry: { externalId: "30002", status: "reading" },
  });
  return connectionId;
}

/** Connections that have runs, and those that have outbox entries. */
async function kept({ db }: TestSync): Promise<[string[], string[]]> {
  const { outboxEntries, syncRuns } = schema;
  const runs = await db.select().from(syncRuns).orderBy(asc(syncRuns.connectionId));
  const entries = await db.select().from(outboxEntries).orderBy(asc(outboxEntries.connectionId));
  return [runs.map((row) => row.connectionId), entries.map((row) => row.connectionId)];
}

Deno.test("a migrated database makes the service ready", async () => {
  await using test = await startTestSync();
  const reply = await fetch(`${test.baseUrl}/health/ready`);
  assert.deepEqual([reply.status, await reply.json()], [200, { status: "ready" }]);
});

Deno.test("purging a connection or a user deletes their rows, no others, and may be repeated", async () => {
  await using test = await startTestSync();
  const auth = await test.clientOf("auth");
  const [user, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const [first, second, foreign] = [
    await keepSomething(test, user),
    await keepSomething(test, user),
    await keepSomething(test, other),
  ];
  for (let i = 0; i < 2; i++) {
    await auth.purgeConnection(context, first);
    const rest = [second, foreign].sort();
    assert.deepEqual(await kept(test), [rest, rest]);
  }
  for (let i = 0; i < 2; i++) {
    await auth.purgeUser(context, user);
    assert.deepEqual(await kept(test), [[foreign], [foreign]]);
  }
});

Deno.test("only auth may purge", async () => {
  await using test = await startTestSync();
  const pluginHost = await test.clientOf("plugin-host");
  const id = crypto.randomUUID();
  await assert.rejects(pluginHost.purgeConnection(context, id), { code: "forbidden" });
  await assert.rejects(pluginHost.purgeUser(context, id), { code: "forbidden" });
  const reply = await fetch(`${test.baseUrl}/internal/users/${id}`, { method: "DELETE" });
  await reply.body?.cancel();
  assert.equal(reply.status, 401);
});

Deno.test("a connection has one unfinished run at a time", async () => {
  await using test = await startTestSync();
  const connectionId = crypto.randomUUID();
  const run = (state: "queued" | "running" | "paused" | "succeeded" | "failed") =>
    test.db.insert(schema.syncRuns).values({
      id: crypto.randomUUID(),
      connectionId,
      pluginId: crypto.randomUUID(),
      userId: crypto.randomUUID(),
      startedBy: "schedule",
      state,
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
