import assert from "node:assert/strict";
import { RpcErrorCode } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { listOutbox } from "../db/outbox_queries.ts";
import { crash, ServiceError } from "../testing/fake_service.ts";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { beginRetries } from "../workflows/upkeep.ts";

function shelve({ library }: Fixture, count: number): void {
  for (let i = 0; i < count; i++) {
    library.add({ externalId: `id-${String(i).padStart(3, "0")}`, volumes: 3, read: 1 });
  }
}
const outboxOf = ({ db, connection }: Fixture) => listOutbox(db, connection.id, -1, 1000);

Deno.test("one of 300 that fails leaves 299 done; it waits longer each time, then for the reader", async () => {
  await using test = await createFixture();
  const { service, clock } = test;
  shelve(test, 300);
  service.refused.add("id-123");
  const result = await test.syncToEnd();
  assert.deepEqual([result.pushed, result.failed, service.entries.size], [299, 1, 299]);
  assert.match(result.notes[0]?.detail ?? "", /"Series id-123" was not taken: Not taken/);

  for (const [attempts, minutes] of [[1, 5], [2, 20], [3, 80], [4, 320]] as const) {
    const [row] = await outboxOf(test);
    assert.deepEqual([row?.attempts, row?.lastError], [attempts, "Not taken"]);
    assert.equal(row?.nextAttemptAt?.getTime(), clock.now() + minutes * 60_000);
    assert.equal(await beginRetries(test.deps, "upkeep"), 0);
    clock.advance(minutes * 60_000);
    assert.equal(await beginRetries(test.deps, "upkeep"), 1);
    await test.work();
    const run = await test.newest();
    assert.deepEqual([run.startedBy, run.state, run.pulled, run.failed], [
      "retry",
      "succeeded",
      0,
      1,
    ]);
  }
  const [waiting] = await outboxOf(test);
  assert.deepEqual([waiting?.attempts, waiting?.nextAttemptAt], [5, undefined]);
  clock.advance(86_400_000);
  assert.equal(await beginRetries(test.deps, "upkeep"), 0);
  // A whole run leaves it alone, until it says something else.
  assert.equal((await test.syncToEnd()).failed, 0);
  service.refused.clear();
  test.library.read(test.library.series[123]!, 2);
  assert.equal((await test.syncToEnd()).pushed, 1);
  assert.deepEqual(await outboxOf(test), []);
});

Deno.test("what is sent again says no less than the last pull saw", async () => {
  await using test = await createFixture();
  const { library, service, clock } = test;
  const series = library.add({ externalId: "1", volumes: 9, read: 2 });
  service.refused.add("1");
  assert.equal((await test.syncToEnd()).failed, 1);
  service.refused.clear();
  // A pull sees that the reader is further there, and the run comes no further.
  service.set("1", { volumes: 4 });
  const { streamEngagement } = library;
  library.streamEngagement = () => {
    throw new ProblemError("service_unavailable", "library does not answer");
  };
  await assert.rejects(test.syncToEnd(), /library does not answer/);
  library.streamEngagement = streamEngagement;
  library.readBook(series, 5);
  clock.advance(3_600_000);
  assert.equal(await beginRetries(test.deps, "upkeep"), 1);
  await test.work();
  assert.deepEqual(service.lowered, []);
  assert.deepEqual([service.entries.get("1")?.volumes, (await outboxOf(test)).length], [5, 0]);
});

Deno.test("an entry that fails and is no longer meant to be sent leaves the outbox", async () => {
  await using test = await createFixture();
  shelve(test, 2);
  test.service.refused.add("id-000");
  await test.syncToEnd();
  assert.equal((await outboxOf(test)).length, 1);
  test.library.series.shift();
  await test.syncToEnd();
  assert.deepEqual(await outboxOf(test), []);
});

Deno.test("a service that limits is waited for, the run goes on by itself and sends nothing twice", async () => {
  await using test = await createFixture();
  const { service, clock } = test;
  service.limits.savesPerMinute = 30;
  shelve(test, 100);
  const startedAt = clock.now();
  const first = await test.sync();
  assert.deepEqual([first.state, first.pushed, first.failed], ["paused", 30, 0]);
  assert.match(first.reason ?? "", /asks to wait 60 s/);
  assert.equal(first.resumeAt?.getTime(), startedAt + 60_000);
  assert.equal((await test.begin()).kind, "already_running");
  const result = await test.workToEnd(first.id);
  assert.deepEqual([result.pushed, result.failed], [100, 0]);
  assert.equal(clock.now() - startedAt, 3 * 60_000);
  assert.deepEqual([...new Set(service.saves.values())], [1]);
  assert.deepEqual((await outboxOf(test)).length, 0);
});

Deno.test("-32001 of a whole call pauses the run until the service says", async () => {
  await using test = await createFixture();
  shelve(test, 3);
  let isLimited = true;
  test.service.before = (method) => {
    if (isLimited && method === "sync/pushProgress") {
      isLimited = false;
      throw new ServiceError(RpcErrorCode.rateLimited, "Slow down", { retryAfterSeconds: 90 });
    }
  };
  const run = await test.sync();
  assert.equal(run.resumeAt?.getTime(), test.clock.now() + 90_000);
  test.clock.advance(89_000);
  await test.work();
  assert.equal((await test.newest()).state, "paused");
  assert.equal((await test.workToEnd(run.id)).pushed, 3);
});

Deno.test("a service that limits for ever fails the run after a day without a step", async () => {
  await using test = await createFixture();
  shelve(test, 1);
  test.service.before = () => {
    throw new ServiceError(RpcErrorCode.rateLimited, "Slow down", { retryAfterSeconds: 3600 });
  };
  let run = await test.sync();
  for (let hours = 0; run.state === "paused" && hours < 30; hours++) {
    test.clock.advance(3_600_000);
    await test.work();
    run = await test.newest();
  }
  assert.equal(run.state, "failed");
});

for (const where of ["the call", "one entry"]) {
  Deno.test(`-32003 of ${where} marks the connection, and the run ends`, async () => {
    await using test = await createFixture();
    shelve(test, 3);
    test.service.answers.set("sync/pushProgress", () => {
      if (where === "the call") throw new ServiceError(RpcErrorCode.authFailed, "Invalid token");
      return {
        success: [{ externalId: "id-000", status: "updated" }],
        failed: ["id-001", "id-002"].map((externalId) => ({
          externalId,
          status: "failed",
          error: "Invalid token",
          errorCode: RpcErrorCode.authFailed,
        })),
      };
    });
    const run = await test.sync();
    assert.equal(run.state, "failed");
    assert.deepEqual(test.auth.authFailures, ["Invalid token"]);
    assert.equal(test.auth.connections[0]?.status, "needs_reconnection");
    // What was not sent is sent once it is connected again.
    test.auth.change(test.connection.id, { status: "connected" });
    test.service.answers.clear();
    const { pushed } = await test.syncToEnd();
    assert.equal(pushed, where === "the call" ? 3 : 2);
  });
}

Deno.test("-32003 of a token that can be renewed is tried again with the new one", async () => {
  await using test = await createFixture();
  test.auth.renewsTokens = true;
  shelve(test, 1);
  test.service.before = (_, number) => {
    if (number === 1) throw new ServiceError(RpcErrorCode.authFailed, "Expired");
  };
  assert.equal((await test.syncToEnd()).pushed, 1);
});

Deno.test("a plugin that dies at one entry loses only that one", async () => {
  await using test = await createFixture();
  const { service } = test;
  shelve(test, 60);
  service.before = (_, __, params) => {
    if (JSON.stringify(params).includes('"id-037"')) throw crash();
  };
  const result = await test.syncToEnd();
  assert.deepEqual([result.pushed, result.failed], [59, 1]);
  assert.equal(service.entries.has("id-037"), false);
  const [row] = await outboxOf(test);
  assert.match(row?.lastError ?? "", /crashed/);
});

Deno.test("a plugin that fails at everything fails the run, and the rest stays to be sent", async () => {
  await using test = await createFixture();
  shelve(test, 20);
  test.service.answers.set("sync/pushProgress", () => {
    throw new ServiceError(RpcErrorCode.internal, "Bug");
  });
  const run = await test.sync();
  assert.deepEqual([run.state, run.pushed, run.failed], ["failed", 0, 3]);
  assert.match(run.reason ?? "", /fails at every entry/);
  // Not again at once, by itself.
  assert.equal(await beginRetries(test.deps, "upkeep"), 0);
  test.service.answers.clear();
  test.clock.advance(3_600_000);
  assert.equal((await test.syncToEnd()).pushed, 20);
});

Deno.test("batches grow with a quick plugin, and a slow one gets less", async () => {
  await using test = await createFixture();
  shelve(test, 750);
  await test.syncToEnd();
  const sizes = test.service.callsOf("sync/pushProgress")
    .map(({ entries }) => Array.isArray(entries) ? entries.length : 0);
  assert.deepEqual(sizes, [100, 200, 400, 50]);
});

Deno.test("a plugin killed after it has saved is sent the same again, and never anything else", async () => {
  await using test = await createFixture();
  const { service } = test;
  shelve(test, 30);
  service.after = (method, number) => {
    if (method === "sync/pushProgress" && number < 4) throw new Error("The connection broke");
  };
  const result = await test.syncToEnd();
  assert.equal(result.pushed, 30);
  const [first, ...again] = service.callsOf("sync/pushProgress");
  assert.ok(again.length > 0);
  for (const call of again) assert.deepEqual(call, first);
  assert.deepEqual([...new Set(service.saves.values())], [1]);
});
