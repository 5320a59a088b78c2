import assert from "node:assert/strict";
import postgres from "postgres";
import {
  AdminEgressPage,
  EgressPage,
  PluginStorageUse,
  Problem,
  type UserId,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { sweep } from "../sweep.ts";
import { type Person, withConnectedPlugin } from "../testing/connected_plugin.ts";
import { type TestService, withService } from "../testing/test_service.ts";

const ENTRIES = [
  { externalId: "17", status: "reading", progress: { volumes: 3 }, title: "A private title" },
  { externalId: "18", status: "reading", notes: "A private note" },
];

/** What a user is told of one plugin, newest first. */
async function toldTo(service: TestService, id: string, userId: UserId, query = "") {
  await service.deps.ledger.flush();
  const path = `/user/plugins/${id}/egress${query}`;
  const subject = testSubject("reader", userId);
  return (await service.request("GET", path, undefined, { subject })).as(EgressPage);
}

async function toldToAdmin(service: TestService, id: string) {
  await service.deps.ledger.flush();
  return (await service.request("GET", `/admin/plugins/${id}/egress`)).as(AdminEgressPage).items;
}

const purge = (service: TestService, kind: "connections" | "users", id: string) =>
  service.request("DELETE", `/internal/${kind}/${id}`, undefined, {
    service: "auth",
    subject: null,
  });

Deno.test("the ledger names what left, to whom it concerns alone, and no value", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const [mine, other] = [await connect(), await connect()];
    await call(mine, "sync/pushProgress", { entries: ENTRIES });
    await call(other, "sync/pullProgress", { limit: 5 });
    const { items } = await toldTo(service, id, mine.userId);
    assert.deepEqual(items.map(({ method, fields, entries }) => ({ method, fields, entries })), [
      {
        method: "sync/pushProgress",
        fields: [
          "entries.externalId",
          "entries.notes",
          "entries.progress.volumes",
          "entries.status",
          "entries.title",
        ],
        entries: 2,
      },
      {
        method: "initialize",
        fields: [
          "adminConfig",
          "config.unit",
          "credentials.access_token",
          "logLevel",
          "requestTimeoutSeconds",
          "userConfig.unit",
          "userId",
          "userPluginId",
        ],
        entries: 0,
      },
    ]);
    const others = await toldTo(service, id, other.userId);
    assert.deepEqual(others.items.map(({ method }) => method), ["sync/pullProgress", "initialize"]);
    const all = await toldToAdmin(service, id);
    const ofConnection = all.filter(({ connectionId }) => connectionId === mine.connectionId);
    assert.deepEqual(ofConnection.map(({ userId }) => userId), [mine.userId, mine.userId]);
    assert.ok(!JSON.stringify(all).includes("private"));
    assert.ok(!JSON.stringify(all).includes("token of"));
  });
});

Deno.test("a search concerns the user who asked, and is paged", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const subject = testSubject("reader");
    for (let index = 0; index < 3; index++) {
      await service.request("POST", `/plugins/${id}/execute`, {
        action: { metadata: { action: "search", contentType: "series", params: { query: "x" } } },
      }, { subject });
    }
    await service.request("POST", `/plugins/${id}/execute`, { action: "ping" }, { subject });
    const first = await toldTo(service, id, subject.userId, "?limit=2");
    assert.deepEqual(first.items.map(({ fields }) => fields), [["query"], ["query"]]);
    const second = await toldTo(service, id, subject.userId, `?cursor=${first.nextCursor}`);
    assert.deepEqual([second.items.length, second.nextCursor], [1, undefined]);
    const path = `/user/plugins/${id}/egress?cursor=none`;
    const wrong = await service.request("GET", path, undefined, { subject });
    assert.deepEqual([wrong.status, wrong.as(Problem).errors?.[0]?.pointer], [400, "?cursor"]);
  });
});

Deno.test("what never reached a process is not in the ledger", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.request("POST", `/admin/plugins/${id}/disable`);
    await service.search(id, "x");
    const methods = (await toldToAdmin(service, id)).map(({ method }) => method);
    assert.ok(!methods.includes("metadata/series/search"));
  });
});

Deno.test("the ledger goes with the connection, the user and the plugin, and comes not back", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const people = [await connect(), await connect(), await connect()];
    const [gone, goneUser, stays] = people as [Person, Person, Person];
    for (const person of people) await call(person, "sync/pullProgress", { limit: 1 });
    await service.deps.ledger.flush();
    for (const person of people) await call(person, "sync/pullProgress", { limit: 2 });
    // What is still in memory belongs to those who go, too.
    assert.equal((await purge(service, "connections", gone.connectionId)).status, 200);
    assert.equal((await purge(service, "users", goneUser.userId)).status, 200);
    const left = new Set((await toldToAdmin(service, id)).map(({ userId }) => userId));
    assert.ok(left.has(stays.userId));
    assert.ok(!left.has(gone.userId) && !left.has(goneUser.userId));
    assert.equal((await purge(service, "connections", gone.connectionId)).status, 200);
    await call(stays, "sync/pullProgress", { limit: 3 });
    await service.request("DELETE", `/admin/plugins/${id}`);
    await service.deps.ledger.flush();
    const sql = postgres(service.adminUrl, { max: 1 });
    assert.deepEqual([...await sql`select * from plugin_host.egress`], []);
    await sql.end();
  });
});

Deno.test("a purge ends processes and folders on every replica", async () => {
  await withConnectedPlugin(async (first, { connect, call }) => {
    const second = await first.replica();
    const [gone, stays] = [await connect(), await connect()];
    for (const person of [gone, stays]) await call(person, "sync/pullProgress", {}, second);
    assert.equal(second.deps.runtime.liveCount, 2);
    await purge(first, "connections", gone.connectionId);
    await second.runTasks();
    assert.equal(second.deps.runtime.liveCount, 1);
    await second.runTasks();
    assert.equal(second.deps.runtime.liveCount, 1);
  });
});

Deno.test("the ledger is kept for 30 days", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const person = await connect();
    await call(person, "sync/pullProgress", { limit: 1 });
    await service.deps.ledger.flush();
    const sql = postgres(service.adminUrl, { max: 1 });
    const age = (days: number) =>
      sql`update plugin_host.egress set occurred_at = now() - make_interval(days => ${days})
        where method = 'sync/pullProgress'`;
    await age(29);
    await sweep(service.deps.db);
    assert.equal((await toldTo(service, id, person.userId)).items.length, 2);
    await age(31);
    await sweep(service.deps.db);
    assert.deepEqual((await toldTo(service, id, person.userId)).items.map(({ method }) => method), [
      "initialize",
    ]);
    await sql.end();
  });
});

Deno.test("a database that is away loses nothing of the ledger", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const person = await connect();
    await call(person, "sync/pullProgress", { limit: 1 });
    const sql = postgres(service.adminUrl, { max: 1 });
    await sql`alter table plugin_host.egress rename to away`;
    await assert.rejects(service.deps.ledger.flush());
    await call(person, "sync/pullProgress", { limit: 2 });
    await sql`alter table plugin_host.away rename to egress`;
    await sql.end();
    const { items } = await toldTo(service, id, person.userId);
    assert.deepEqual(items.map(({ method }) => method), [
      "sync/pullProgress",
      "sync/pullProgress",
      "initialize",
    ]);
  });
});

Deno.test("the administrator sees keys and bytes of each connection", async () => {
  await withConnectedPlugin(async (service, { id, connect }) => {
    const [a, b] = [await connect(), await connect()];
    service.storage.uses = [
      { connectionId: a.connectionId, keys: 2, bytes: 10 },
      { connectionId: b.connectionId, keys: 3, bytes: 500 },
    ];
    const use = (await service.request("GET", `/admin/plugins/${id}/storage`))
      .as(PluginStorageUse);
    assert.deepEqual([use.totalKeys, use.totalBytes, use.connections.length], [5, 510, 2]);
  });
});
