import assert from "node:assert/strict";
import { RpcErrorCode } from "@codex/protocol";
import { listUnmatched } from "../db/entry_queries.ts";
import { createFixture } from "../testing/fixture.ts";
import { crash, ServiceError } from "../testing/fake_service.ts";

Deno.test("every page is read by its cursor, and its entries are counted", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  service.limits.pageSize = 7;
  for (let i = 0; i < 50; i++) {
    service.set(`id-${i}`, { volumes: 1 });
    if (i % 2 === 0) library.add({ externalId: `id-${i}`, volumes: 2 });
  }
  const result = await test.syncToEnd();
  assert.deepEqual([result.pulled, result.matched, result.applied], [50, 25, 25]);
  const calls = service.callsOf("sync/pullProgress");
  assert.deepEqual(calls.map((it) => it["cursor"]), [
    undefined,
    ..."7 14 21 28 35 42 49".split(" "),
  ]);
  assert.equal(calls.every((it) => it["limit"] === 500), true);
});

Deno.test("an entry that is not of its shape is skipped and told, the page counts", async () => {
  await using test = await createFixture();
  const series = test.library.add({ externalId: "good", volumes: 3 });
  test.service.answers.set("sync/pullProgress", () => ({
    entries: [
      { externalId: "bad", status: "unheard_of" },
      { externalId: "good", status: "reading", progress: { volumes: 2, chapters: null } },
      null,
      { status: "reading" },
    ],
    hasMore: false,
  }));
  const result = await test.syncToEnd();
  assert.deepEqual([result.pulled, result.invalid, result.applied], [1, 3, 1]);
  assert.equal(test.library.booksRead(series), 2);
  assert.equal(result.notes[0]?.externalId, "bad");
  assert.match(result.notes[0]?.detail ?? "", /not of its shape and was skipped: \/status/);
});

Deno.test("what was left out of an answer is told, the entry counts without it", async () => {
  await using test = await createFixture();
  test.library.add({ externalId: "1", volumes: 3 });
  test.service.answers.set("sync/pullProgress", () => ({
    entries: [{ externalId: "1", status: "reading", progress: {} }],
    hasMore: false,
  }));
  const reason = "The number can't be kept exactly";
  test.service.ignored = [{ pointer: "/entries/0/progress/volumes", reason }];
  const result = await test.syncToEnd();
  assert.equal(result.pulled, 1);
  assert.match(result.notes[0]?.detail ?? "", /\/entries\/0\/progress\/volumes: The number/);
});

Deno.test("what is too large in an entry is told in the run's notes, the entry counts", async () => {
  await using test = await createFixture();
  const series = test.library.add({ externalId: "1", volumes: 3 });
  const entry = { externalId: "1", status: "reading", progress: { volumes: 2 } };
  test.service.answers.set("sync/pullProgress", () => ({
    entries: [{ ...entry, title: "t".repeat(2_000_000), notes: "n".repeat(20_000) }],
    hasMore: false,
  }));
  const result = await test.syncToEnd();
  assert.deepEqual([result.pulled, result.invalid, result.applied], [1, 0, 1]);
  assert.equal(test.library.booksRead(series), 2);
  const told = "A value of the plugin's entry is too large:";
  assert.deepEqual(result.notes, [
    { externalId: "1", detail: `${told} /title: Must have at most 1000 characters` },
    { externalId: "1", detail: `${told} /notes: Cut to 10000 characters` },
  ]);
});

for (
  const [name, answer] of [
    ["a cursor that repeats", (cursor: unknown) => cursor === "a" ? "b" : "a"],
    ["a list without end", (cursor: unknown) => `${Number(cursor ?? 0) + 1}`],
  ] as const
) {
  Deno.test(`${name} ends the run with an error, and keeps what was read`, async () => {
    await using test = await createFixture({
      deps: { pullLimits: { pagesMax: 20, entriesMax: 1000 } },
    });
    const series = test.library.add({ externalId: "1", volumes: 3 });
    test.service.answers.set("sync/pullProgress", ({ cursor }) => ({
      entries: [{ externalId: "1", status: "reading", progress: { volumes: 1 } }],
      nextCursor: answer(cursor),
      hasMore: true,
    }));
    const run = await test.sync();
    assert.equal(run.state, "failed");
    assert.match(run.reason ?? "", /same cursor twice|has no end/);
    assert.ok(test.service.calls.length <= 20);
    assert.equal(test.library.booksRead(series), 1);
    // The next one begins at the beginning, and asks for everything.
    test.service.answers.clear();
    await test.syncToEnd();
    assert.equal(test.service.calls.at(-1)?.params["since"], undefined);
  });
}

Deno.test("a plugin that dies between pages goes on at its page", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  service.limits.pageSize = 10;
  for (let i = 0; i < 40; i++) {
    service.set(`id-${i}`, { volumes: 1 });
    library.add({ externalId: `id-${i}`, volumes: 1 });
  }
  service.before = (_, number) => {
    if (number === 3) throw crash();
  };
  const run = await test.sync();
  assert.deepEqual([run.state, run.pulled, run.reason], [
    "paused",
    20,
    "The plugin crashed during the call",
  ]);
  const result = await test.workToEnd(run.id);
  assert.deepEqual([result.pulled, result.applied], [40, 40]);
  const cursors = service.callsOf("sync/pullProgress").map((it) => it["cursor"]);
  assert.deepEqual(cursors, [undefined, "10", "20", "20", "30"]);
});

Deno.test("a plugin that has lost its place begins its list again, and nothing counts twice", async () => {
  await using test = await createFixture();
  const { service } = test;
  service.limits.pageSize = 10;
  for (let i = 0; i < 30; i++) service.set(`id-${i}`, { volumes: 1 });
  service.before = (_, number) => {
    if (number === 3) throw new ServiceError(RpcErrorCode.invalidParams, "No such cursor");
  };
  assert.equal((await test.syncToEnd()).pulled, 30);
});

Deno.test("an outside service that is down is tried again, longer apart, then the run has failed", async () => {
  await using test = await createFixture();
  test.service.before = () => {
    throw new ServiceError(RpcErrorCode.externalApi, "The service is down");
  };
  let run = await test.sync();
  const waits: number[] = [];
  while (run.state === "paused") {
    waits.push(run.resumeAt!.getTime() - test.clock.now());
    test.clock.advance(waits.at(-1)!);
    await test.work();
    run = await test.newest();
  }
  assert.equal(run.state, "failed");
  assert.match(run.reason ?? "", /The service is down/);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000]);
});

Deno.test("entries that belong to no series are kept, and belong once there is one", async () => {
  await using test = await createFixture();
  const { library, service, db, connection, clock } = test;
  for (const id of ["1", "2"]) service.set(id, { volumes: 2, title: `Title ${id}`, score: 50 });
  clock.advance(3_600_000);
  const first = await test.syncToEnd();
  assert.deepEqual([first.pulled, first.matched], [2, 0]);
  const unmatched = await listUnmatched(db, connection.id, "", 10);
  assert.deepEqual(
    unmatched.map(({ remote }) => [remote.externalId, remote.title, remote.volumes]),
    [
      ["1", "Title 1", 2],
      ["2", "Title 2", 2],
    ],
  );
  const series = library.add({ externalId: "2", volumes: 3 });
  clock.advance(3_600_000);
  const second = await test.syncToEnd();
  assert.deepEqual([second.pulled, second.matched, second.applied], [0, 1, 1]);
  assert.equal(library.booksRead(series), 2);
  assert.equal((await listUnmatched(db, connection.id, "", 10)).length, 1);
});

Deno.test("a page that library can't take now is taken later", async () => {
  await using test = await createFixture();
  const series = test.library.add({ externalId: "1", volumes: 3 });
  test.service.set("1", { volumes: 2 });
  test.library.failNext = new Error("The database is away");
  const result = await test.syncToEnd();
  assert.deepEqual([result.pulled, result.applied], [1, 1]);
  assert.equal(test.library.booksRead(series), 2);
});
