import assert from "node:assert/strict";
import { createFixture } from "../testing/fixture.ts";
import { beginRetries } from "../workflows/upkeep.ts";

Deno.test("a first sync brings each side what the other has, a second finds nothing to do", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  const ahead = library.add({ externalId: "ahead", volumes: 5, read: 4 });
  const behind = library.add({ externalId: "behind", volumes: 5, read: 1 });
  const both = library.add({ externalId: "both", volumes: 3, read: 2 });
  service.set("ahead", { volumes: 1 });
  service.set("behind", { volumes: 3 });
  service.set("both", { volumes: 2 });
  service.set("elsewhere", { volumes: 9 });

  const result = await test.syncToEnd();
  assert.deepEqual(
    [result.pulled, result.matched, result.applied, result.pushed, result.unchanged, result.failed],
    [4, 3, 1, 1, 2, 0],
  );
  assert.deepEqual([ahead, behind, both].map((it) => library.booksRead(it)), [4, 3, 2]);
  assert.deepEqual(
    ["ahead", "behind", "both"].map((id) => service.entries.get(id)?.volumes),
    [4, 3, 2],
  );
  assert.deepEqual(service.lowered, []);

  const again = await test.syncToEnd();
  assert.deepEqual([again.applied, again.pushed, again.unchanged], [0, 0, 3]);
  assert.equal(service.callsOf("sync/pushProgress").length, 1);
});

Deno.test("after a first sync of many only what changed is pushed", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  const shelf = Array.from(
    { length: 1200 },
    (_, index) => library.add({ externalId: `id-${index}`, volumes: 3, read: 1 }),
  );
  assert.equal((await test.syncToEnd()).pushed, 1200);
  const before = service.callsOf("sync/pushProgress").length;
  for (const series of [shelf[3]!, shelf[700]!, shelf[1199]!]) library.read(series, 2);
  test.clock.advance(60_000);
  const result = await test.syncToEnd();
  assert.deepEqual([result.pushed, result.unchanged], [3, 1197]);
  assert.equal(service.callsOf("sync/pushProgress").length, before + 1);
  assert.deepEqual([...service.saves.values()].filter((count) => count > 1), [2, 2, 2]);
});

Deno.test("the second pull asks for what changed since the first began, and is not told its own echo", async () => {
  await using test = await createFixture();
  const { library, service, clock } = test;
  const series = library.add({ externalId: "1", volumes: 4 });
  // Read out of order: what comes back of it must not pass for all volumes before.
  library.readBook(series, 2);
  const firstStart = clock.now();
  await test.syncToEnd();
  clock.advance(3_600_000);
  service.set("1", { volumes: 3 });
  await test.syncToEnd();
  assert.equal(library.booksRead(series), 1);
  const [first, second] = service.callsOf("sync/pullProgress");
  assert.equal(first?.["since"], undefined);
  assert.equal(second?.["since"], new Date(firstStart - 5 * 60_000).toISOString());
  // Further than we told is news.
  clock.advance(3_600_000);
  service.set("1", { volumes: 4 });
  await test.syncToEnd();
  assert.equal(library.booksRead(series), 4);
});

Deno.test("an entry deleted at the service stays deleted until the reader's own progress changes", async () => {
  await using test = await createFixture();
  const { library, service, clock } = test;
  const series = library.add({ externalId: "1", volumes: 5, read: 2 });
  await test.syncToEnd();
  service.entries.delete("1");
  for (let i = 0; i < 2; i++) {
    clock.advance(3_600_000);
    assert.equal((await test.syncToEnd()).pushed, 0);
    assert.equal(service.entries.has("1"), false);
  }
  library.read(series, 3);
  await test.syncToEnd();
  assert.equal(service.entries.get("1")?.volumes, 3);
});

Deno.test("ratings go both ways, the reader's own stays", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  const ours = library.add({ externalId: "ours", volumes: 2, read: 1 });
  const theirs = library.add({ externalId: "theirs", volumes: 2, read: 1 });
  const both = library.add({ externalId: "both", volumes: 2, read: 1 });
  ours.rating = { rating: 80 };
  both.rating = { rating: 30 };
  service.set("theirs", { volumes: 1, score: 70 });
  service.set("both", { volumes: 1, score: 90 });
  await test.syncToEnd();
  assert.deepEqual(
    [theirs.rating, both.rating?.rating].map((it) => JSON.stringify(it)),
    ['{"rating":70}', "30"],
  );
  assert.equal(service.entries.get("ours")?.score, 80);
  assert.equal(service.entries.get("both")?.score, 30);
});

Deno.test("without syncRatings no score crosses in either direction", async () => {
  await using test = await createFixture({ config: { _codex: { syncRatings: false } } });
  const { library, service } = test;
  const series = library.add({ externalId: "1", volumes: 2, read: 1 });
  series.rating = { rating: 80 };
  const unrated = library.add({ externalId: "2", volumes: 2, read: 1 });
  service.set("2", { volumes: 1, score: 70 });
  await test.syncToEnd();
  assert.equal(unrated.rating, undefined);
  assert.equal(JSON.stringify(service.callsOf("sync/pushProgress")).includes("score"), false);
});

Deno.test("a direction leaves out the other", async () => {
  for (const direction of ["pull", "push"] as const) {
    await using test = await createFixture({ config: { _codex: { direction } } });
    const { library, service } = test;
    const mine = library.add({ externalId: "mine", volumes: 2, read: 1 });
    const other = library.add({ externalId: "other", volumes: 2 });
    service.set("other", { volumes: 1 });
    await test.syncToEnd();
    const isPull = direction === "pull";
    assert.equal(library.booksRead(other), isPull ? 1 : 0);
    assert.equal(library.booksRead(mine), 1);
    assert.equal(service.entries.has("mine"), !isPull);
    assert.equal(service.callsOf("sync/pullProgress").length, isPull ? 1 : 0);
    assert.equal(service.callsOf("sync/pushProgress").length, isPull ? 0 : 1);
  }
});

Deno.test("another account gets all that the reader has, and nothing of what the former one held", async () => {
  await using test = await createFixture();
  const { library, service, auth, connection } = test;
  const series = library.add({ externalId: "1", volumes: 9, read: 2 });
  library.add({ externalId: "2", volumes: 9, read: 1 });
  service.refused.add("2");
  await test.syncToEnd();
  auth.change(connection.id, { externalId: "first" });
  service.set("1", { volumes: 2, score: 70 });
  test.clock.advance(3_600_000);
  // That the account is told by now changes nothing.
  assert.equal((await test.syncToEnd()).pushed, 0);

  auth.change(connection.id, { externalId: "second" });
  service.entries.clear();
  service.refused.clear();
  service.set("1", { volumes: 1 });
  assert.equal((await test.syncToEnd()).pushed, 2);
  assert.deepEqual(
    ["1", "2"].map((id) => service.entries.get(id)?.volumes),
    [2, 1],
  );
  assert.equal(service.callsOf("sync/pullProgress").at(-1)?.["since"], undefined);
  assert.equal(library.booksRead(series), 2);
  assert.deepEqual((await test.syncToEnd()).unchanged, 2);
});

Deno.test("what waited to be sent is no longer meant once nothing is to be", async () => {
  await using test = await createFixture();
  const { library, service, clock, auth, connection } = test;
  library.add({ externalId: "1", volumes: 2, read: 1 });
  service.refused.add("1");
  assert.equal((await test.syncToEnd()).failed, 1);
  auth.change(connection.id, { config: { _codex: { direction: "pull" } } });
  clock.advance(5 * 60_000);
  assert.equal(await beginRetries(test.deps, "upkeep"), 1);
  await test.work();
  assert.equal((await test.newest()).state, "succeeded");
  clock.advance(86_400_000);
  assert.equal(await beginRetries(test.deps, "upkeep"), 0);
  service.refused.clear();
  auth.change(connection.id, { config: {} });
  assert.equal((await test.syncToEnd()).pushed, 1);
});

Deno.test("a dry run says what it would do, and nothing changes anywhere", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  const behind = library.add({ externalId: "behind", title: "Behind", volumes: 5, read: 1 });
  library.add({ externalId: "new", title: "New", volumes: 5, read: 2 });
  service.set("behind", { volumes: 3, title: "Behind" });
  service.set("unknown", { volumes: 3 });
  const result = await test.syncToEnd({ dryRun: true });
  assert.deepEqual(
    [result.pulled, result.matched, result.applied, result.pushed, result.unchanged],
    [2, 1, 1, 1, 1],
  );
  assert.deepEqual(result.notes, [
    { externalId: "behind", detail: '"Behind" would have 2 books marked as read' },
    { externalId: "new", detail: '"New" would be pushed as reading with 2 books read' },
  ]);
  assert.equal(library.booksRead(behind), 1);
  assert.equal(service.callsOf("sync/pushProgress").length, 0);
  for (const table of ["entry_states", "outbox_entries", "connection_syncs"]) {
    assert.equal((await test.sql`select from ${test.sql(table)}`).length, 0, table);
  }
  // The real one does just that.
  const real = await test.syncToEnd();
  assert.deepEqual([real.applied, real.pushed], [result.applied, result.pushed]);
});

Deno.test("an entry that a service finds by its title belongs to its series from then on", async () => {
  await using test = await createFixture({ config: { _codex: { searchFallback: true } } });
  const { library, service, clock } = test;
  const series = library.add({ title: "Berserk", volumes: 5, read: 2 });
  library.add({ title: "Unheard of", volumes: 5, read: 1 });
  service.titles.set("Berserk", "30002");
  const result = await test.syncToEnd();
  assert.deepEqual([result.pushed, result.failed], [1, 1]);
  assert.equal(service.entries.get("30002")?.volumes, 2);
  clock.advance(60_000);
  assert.deepEqual((await test.syncToEnd()).unchanged, 1);
  service.set("30002", { volumes: 4 });
  clock.advance(60_000);
  await test.syncToEnd();
  assert.equal(library.booksRead(series), 4);
  library.read(series, 5);
  await test.syncToEnd();
  const last = service.callsOf("sync/pushProgress").at(-1);
  assert.equal(JSON.stringify(last).includes('"externalId":"30002"'), true);
});

Deno.test("metadata and single books are asked of library only for plugins that get them", async () => {
  await using plain = await createFixture();
  plain.library.add({ externalId: "1", volumes: 2, read: 1 });
  await plain.syncToEnd();
  assert.deepEqual(
    [plain.library.requests[0]?.withBooks, plain.library.requests[0]?.withMetadata],
    [false, false],
  );
  await plain[Symbol.asyncDispose]();

  const capabilities = { wantsDetailedProgress: true, wantsFullMetadata: true };
  await using test = await createFixture({ capabilities });
  test.library.add({ externalId: "1", volumes: 2, read: 1 });
  await test.syncToEnd();
  test.host.change(test.plugin.id, { sendFullMetadata: true });
  await test.syncToEnd();
  assert.deepEqual(test.library.requests.map((it) => [it.withBooks, it.withMetadata]), [
    [true, false],
    [true, true],
  ]);
  const [first, second] = test.service.callsOf("sync/pushProgress").map((it) => JSON.stringify(it));
  assert.deepEqual([first?.includes("Drama"), second?.includes("Drama")], [false, true]);
  assert.ok(first?.includes("readBooks"));
});

Deno.test("a series left alone is sent again once, when a setting's days have passed", async () => {
  await using test = await createFixture({ config: { pauseAfterDays: 30 } });
  const { library, service, clock } = test;
  const series = library.add({ externalId: "1", volumes: 5, read: 2 });
  await test.syncToEnd();
  clock.advance(31 * 86_400_000);
  assert.equal((await test.syncToEnd()).pushed, 1);
  // The plugin paused it.
  service.set("1", { status: "on_hold" });
  clock.advance(86_400_000);
  assert.equal((await test.syncToEnd()).pushed, 0);
  library.read(series, 3);
  assert.equal((await test.syncToEnd()).pushed, 1);
  assert.equal(service.entries.get("1")?.status, "reading");
});
