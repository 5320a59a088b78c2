import assert from "node:assert/strict";
import {
  EntryMatchAnswer,
  EntryMatchPage,
  EVENT_STREAM,
  OutboxPage,
  OutboxRetried,
  RpcErrorCode,
  SeriesId,
  SyncRunPage,
  SyncStarted,
  SyncStatus,
  Task,
  UnmatchedPage,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { z } from "zod";
import { createSyncClient } from "../client.ts";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { ServiceError } from "../testing/fake_service.ts";

const pathOf = ({ plugin }: Fixture, path: string) => `/user/plugins/${plugin.id}${path}`;

Deno.test("a sync begins as a task, a second meanwhile is refused, and its task tells what it did", async () => {
  await using test = await createFixture();
  test.library.add({ externalId: "1", volumes: 3, read: 1 });
  const started = await test.expect(SyncStarted, "POST", pathOf(test, "/sync"), {});
  await test.refused("already_running", "POST", pathOf(test, "/sync"), { body: { dryRun: true } });
  const queued = await test.expect(Task, "GET", `/tasks/${started.taskId}`);
  assert.deepEqual([queued.state, queued.kind, queued.pluginId], [
    "queued",
    "sync",
    test.plugin.id,
  ]);
  await test.work();
  const done = await test.expect(Task, "GET", `/tasks/${started.taskId}`);
  assert.deepEqual([done.state, done.progress], [
    "succeeded",
    { current: 1, total: 1, phase: "push" },
  ]);
  assert.deepEqual(done.result, {
    pulled: 0,
    matched: 0,
    applied: 0,
    pushed: 1,
    unchanged: 0,
    failed: 0,
    invalid: 0,
    startedBy: "user",
    dryRun: false,
    durationMs: 0,
    notes: [],
    notesTruncated: false,
  });
  assert.deepEqual(await test.expect(Task, "GET", pathOf(test, "/tasks")), done);
});

Deno.test("a sync is refused where it can't be: no connection, off, not connected, another kind", async () => {
  await using test = await createFixture();
  const sync = pathOf(test, "/sync");
  await test.refused("bad_request", "POST", sync, { body: { dryRun: "yes" } });
  await test.refused("not_found", "POST", sync, { body: {}, subject: testSubject("reader") });
  await test.refused("not_found", "GET", pathOf(test, "/tasks"));
  test.auth.change(test.connection.id, { enabled: false });
  await test.refused("conflict", "POST", sync, { body: {} });
  test.auth.change(test.connection.id, { enabled: true, status: "needs_reconnection" });
  await test.refused("conflict", "POST", sync, { body: {} });
  test.auth.change(test.connection.id, { status: "connected" });
  test.host.change(test.plugin.id, { usable: false });
  await test.refused("plugin_off", "POST", sync, { body: {} });
  const { manifest } = test.plugin;
  const capabilities = { ...manifest!.capabilities, userReadSync: false };
  test.host.change(test.plugin.id, { usable: true, manifest: { ...manifest!, capabilities } });
  await test.refused("unprocessable", "POST", sync, { body: {} });
});

Deno.test("a task is its user's alone, whoever knows the id", async () => {
  await using test = await createFixture();
  const { taskId } = await test.expect(SyncStarted, "POST", pathOf(test, "/sync"), {});
  for (const path of [`/tasks/${taskId}`, `/tasks/${taskId}/events`]) {
    await test.refused("not_found", "GET", path, { subject: testSubject("admin") });
  }
  await test.refused("not_found", "GET", `/tasks/syn_${crypto.randomUUID()}`);
  await test.refused("not_found", "GET", "/tasks/syn_x");
});

Deno.test("a task's events end with it", async () => {
  await using test = await createFixture();
  const { taskId } = await test.expect(SyncStarted, "POST", pathOf(test, "/sync"), {});
  const reply = await test.call("GET", `/api/v1/tasks/${taskId}/events`);
  assert.equal(reply.headers.get("content-type"), EVENT_STREAM);
  const text = reply.text();
  await test.work();
  const states = [...(await text).matchAll(/"state":"(\w+)"/g)].map((match) => match[1]);
  assert.deepEqual([states[0], states.at(-1)], ["queued", "succeeded"]);
});

Deno.test("runs are listed newest first, page by page, each once", async () => {
  await using test = await createFixture();
  for (let i = 0; i < 5; i++) {
    await test.syncToEnd({ dryRun: i === 2 });
    test.clock.advance(1000);
  }
  const seen: z.infer<typeof SyncRunPage>["items"] = [];
  let cursor = "";
  do {
    const path = pathOf(test, `/sync/runs?limit=2${cursor && `&cursor=${cursor}`}`);
    const page = await test.expect(SyncRunPage, "GET", path);
    seen.push(...page.items);
    cursor = page.nextCursor ?? "";
  } while (cursor !== "");
  assert.equal(new Set(seen.map(({ id }) => id)).size, 5);
  const times = seen.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, times.toSorted().reverse());
  assert.deepEqual(seen.map(({ dryRun }) => dryRun), [false, false, true, false, false]);
  await test.refused("bad_request", "GET", pathOf(test, "/sync/runs?cursor=x"));
  await test.refused("bad_request", "GET", pathOf(test, "/sync/runs?limit=0"));
});

Deno.test("status tells the last sync, what waits on either side, and with live what the plugin says", async () => {
  await using test = await createFixture();
  const { library, service, clock } = test;
  library.add({ externalId: "1", volumes: 3, read: 1 });
  library.add({ externalId: "2", volumes: 3, read: 1 });
  service.set("9", { volumes: 1 });
  service.refused.add("2");
  const before = await test.expect(SyncStatus, "GET", pathOf(test, "/sync/status"));
  assert.deepEqual(before, {
    pluginId: test.plugin.id,
    pendingPush: 0,
    pendingPull: 0,
    connected: true,
    enabled: true,
    healthStatus: "healthy",
  });
  await test.syncToEnd();
  const at = new Date(clock.now()).toISOString();
  const after = await test.expect(SyncStatus, "GET", pathOf(test, "/sync/status?live=true"));
  assert.deepEqual(
    [after.lastSyncAt, after.lastSuccessAt, after.pendingPush, after.pendingPull],
    [at, at, 1, 1],
  );
  assert.deepEqual([after.externalCount, after.conflicts, after.liveError], [2, 0, undefined]);
  service.before = () => {
    throw new ServiceError(RpcErrorCode.externalApi, "The service is down");
  };
  const down = await test.expect(SyncStatus, "GET", pathOf(test, "/sync/status?live"));
  assert.equal(down.liveError, "The service is down");
  test.auth.change(test.connection.id, { status: "needs_reconnection" });
  const off = await test.expect(SyncStatus, "GET", pathOf(test, "/sync/status?live=1"));
  assert.deepEqual([off.connected, off.liveError !== undefined], [false, true]);
});

Deno.test("the outbox shows what failed and why; the reader has it sent again, or sets it aside", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  for (const id of ["1", "2", "3"]) library.add({ externalId: id, volumes: 3, read: 1 });
  for (const id of ["1", "2"]) service.refused.add(id);
  await test.syncToEnd();
  const outbox = () => test.expect(OutboxPage, "GET", pathOf(test, "/sync/outbox"));
  const [first, second] = (await outbox()).items;
  assert.deepEqual(
    [first?.externalId, first?.title, first?.attempts, first?.reason, first?.entry["status"]],
    ["1", "Series 1", 1, "Not taken", "reading"],
  );
  const one = await test.expect(OutboxPage, "GET", pathOf(test, "/sync/outbox?limit=1"));
  const rest = pathOf(test, `/sync/outbox?cursor=${one.nextCursor}`);
  assert.equal((await test.expect(OutboxPage, "GET", rest)).items[0]?.id, second?.id);

  service.refused.delete("1");
  const retried = await test.expect(OutboxRetried, "POST", pathOf(test, "/sync/outbox/retry"), {
    ids: [first!.id],
  });
  assert.equal(retried.retried, 1);
  await test.work();
  assert.equal((await test.expect(Task, "GET", `/tasks/${retried.taskId}`)).state, "succeeded");
  assert.deepEqual((await outbox()).items.map(({ externalId }) => externalId), ["2"]);

  const entry = pathOf(test, `/sync/outbox/${second!.id}`);
  await test.refused("not_found", "DELETE", entry, { subject: testSubject("reader") });
  await test.expect(z.object({}), "DELETE", entry);
  await test.refused("not_found", "DELETE", entry);
  assert.deepEqual((await outbox()).items, []);
  service.refused.clear();
  assert.equal((await test.syncToEnd()).pushed, 0);
  library.read(library.series[1]!, 2);
  assert.equal((await test.syncToEnd()).pushed, 1);
  const nothing = await test.expect(OutboxRetried, "POST", pathOf(test, "/sync/outbox/retry"), {});
  assert.deepEqual(nothing, { retried: 0 });
});

Deno.test("an entry that belongs to nothing is tied to a series by hand, and follows it both ways", async () => {
  await using test = await createFixture();
  const { library, service, clock } = test;
  const series = library.add({ title: "Berserk", volumes: 9 });
  service.set("30002", { volumes: 3, title: "ベルセルク", score: 90 });
  await test.syncToEnd();
  const unmatched = () => test.expect(UnmatchedPage, "GET", pathOf(test, "/sync/unmatched"));
  assert.deepEqual((await unmatched()).items, [{
    externalId: "30002",
    title: "ベルセルク",
    status: "reading",
    volumes: 3,
    chapters: 0,
    score: 90,
    seenAt: new Date(clock.now()).toISOString(),
  }]);
  const matches = pathOf(test, "/sync/matches");
  const body = { externalId: "30002", seriesId: series.id };
  await test.refused("not_found", "PUT", matches, {
    body: { ...body, seriesId: SeriesId.parse(crypto.randomUUID()) },
  });
  assert.deepEqual(await test.expect(EntryMatchAnswer, "PUT", matches, body), { applied: true });
  assert.deepEqual([library.booksRead(series), series.rating?.rating], [3, 90]);
  assert.deepEqual((await unmatched()).items, []);
  const { items } = await test.expect(EntryMatchPage, "GET", matches);
  assert.deepEqual(items.map(({ externalId, source }) => [externalId, source]), [
    ["30002", "reader"],
  ]);

  library.read(series, 5);
  clock.advance(3_600_000);
  await test.syncToEnd();
  assert.equal(service.entries.get("30002")?.volumes, 5);
  service.set("30002", { volumes: 7 });
  clock.advance(3_600_000);
  await test.syncToEnd();
  assert.equal(library.booksRead(series), 7);

  await test.expect(EntryMatchAnswer, "PUT", matches, { ...body, seriesId: null });
  assert.equal((await unmatched()).items.length, 1);
  clock.advance(3_600_000);
  service.set("30002", { volumes: 9 });
  await test.syncToEnd();
  assert.equal(library.booksRead(series), 7);
});

Deno.test("a series outside the plugin's libraries can't be tied to its entries", async () => {
  await using test = await createFixture();
  const series = test.library.add({ title: "Berserk", volumes: 9 });
  test.host.change(test.plugin.id, { libraryIds: [crypto.randomUUID() as never] });
  await test.refused("unprocessable", "PUT", pathOf(test, "/sync/matches"), {
    body: { externalId: "1", seriesId: series.id },
  });
});

Deno.test("gateway sets the mode and sees what it shows of connections", async () => {
  await using test = await createFixture();
  const client = createSyncClient({
    identity: await test.identities.of("gateway"),
    baseUrl: "http://sync.test",
    fetch: async (input, init) => await test.app.request(input, init),
  });
  const context = { requestId: "request-of-a-test", subject: test.reader };
  assert.deepEqual(await client.listConnectionSyncs(context), []);
  const connectionId = test.connection.id;
  assert.deepEqual(await client.setSyncMode(context, test.plugin.id, true), {
    connectionId,
    autoSync: true,
  });
  await test.syncToEnd();
  await test.syncToEnd({ dryRun: true });
  const [sync] = await client.listConnectionSyncs(context);
  assert.deepEqual(
    [sync?.autoSync, sync?.lastSyncAt, sync?.lastSyncResult?.dryRun],
    [true, new Date(test.clock.now()).toISOString(), false],
  );
  const stranger = { ...context, subject: testSubject("reader") };
  assert.deepEqual(await client.listConnectionSyncs(stranger), []);
  await assert.rejects(client.setSyncMode(stranger, test.plugin.id, true), { code: "not_found" });
});
