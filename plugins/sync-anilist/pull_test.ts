import assert from "node:assert/strict";
import { readWire, syncMethods } from "@codex/protocol";
import { withNullParts, withUnknownStatus } from "../../tests/fakes/anilist/faults.ts";
import { type Connected, START, withPlugin } from "./testing.ts";

async function pullAll({ pull }: Connected, params: object = {}) {
  const entries: { externalId: string; status: string }[] = [];
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await pull({ ...params, cursor });
    entries.push(...page.entries);
    sizes.push(page.entries.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { entries, sizes };
}

Deno.test("a list comes in chunks of 500, each entry once, with one look at the account", () =>
  withPlugin(async (connected) => {
    const { fake, reader } = connected;
    for (let mediaId = 1; mediaId <= 1_201; mediaId++) fake.change(reader, mediaId, {});
    const { entries, sizes } = await pullAll(connected);
    assert.deepEqual(sizes, [500, 500, 201]);
    assert.equal(new Set(entries.map(({ externalId }) => externalId)).size, 1_201);
    await pullAll(connected);
    assert.equal(fake.requestsOf("Viewer"), 1);
    assert.equal(fake.requestsOf("MediaListCollection"), 6);
    assert.equal(fake.requests.length, 7);
  }));

Deno.test("a limit makes chunks smaller, and later pages keep the size of the first", () =>
  withPlugin(async (connected) => {
    for (let mediaId = 1; mediaId <= 5; mediaId++) {
      connected.fake.change(connected.reader, mediaId, {});
    }
    assert.deepEqual((await pullAll(connected, { limit: 2 })).sizes, [2, 2, 1]);
    const first = await connected.pull({ limit: 2 });
    const second = await connected.pull({ limit: 400, cursor: first.nextCursor });
    assert.equal(second.entries.length, 2);
    for (const cursor of ["2", "0:500", "1:501", "1:0", "x:y"]) {
      await assert.rejects(connected.pull({ cursor }), { code: -32602 });
    }
  }));

Deno.test("an answer satisfies the protocol, with nothing left out", () =>
  withPlugin(async ({ fake, reader, host }) => {
    fake.change(reader, 1, {
      status: "COMPLETED",
      progress: 60,
      progressVolumes: 6,
      scoreRaw: 90,
      notes: "Good",
      startedAt: { year: 2025, month: 3, day: null },
      completedAt: { year: 2025, month: 4, day: 5 },
    });
    for (const method of ["sync/pullProgress", "sync/getUserInfo", "sync/status"] as const) {
      const read = readWire(syncMethods[method].answer, await host.call(method));
      assert.ok(read.ok, `${method} ${JSON.stringify(read)}`);
      assert.deepEqual(read.ignored, []);
    }
    const { entries } = await host.call("sync/pullProgress") as { entries: object[] };
    assert.deepEqual(entries, [{
      externalId: "1",
      status: "completed",
      progress: { chapters: 60, volumes: 6 },
      score: 90,
      notes: "Good",
      startedAt: "2025-03-01T00:00:00.000Z",
      completedAt: "2025-04-05T00:00:00.000Z",
      latestUpdatedAt: new Date(START).toISOString(),
      title: "The Manga 1",
    }]);
  }));

Deno.test("entries in custom lists come once, and hidden ones come from those", () =>
  withPlugin(async (connected) => {
    const { fake, reader } = connected;
    fake.change(reader, 1, { customLists: ["Best", "Old"] });
    fake.change(reader, 2, {
      status: "PAUSED",
      hiddenFromStatusLists: true,
      customLists: ["Best"],
    });
    fake.change(reader, 3, { private: true });
    const { entries } = await pullAll(connected);
    assert.deepEqual(
      entries.map(({ externalId, status }) => `${externalId} ${status}`).sort(),
      ["1 reading", "2 on_hold", "3 reading"],
    );
  }));

Deno.test("null parts and a status nobody knows leave the rest of the page", () =>
  withPlugin(async (connected) => {
    const { fake, reader, host } = connected;
    for (let mediaId = 1; mediaId <= 4; mediaId++) fake.change(reader, mediaId, {});
    await pullAll(connected);
    fake.plan({ kind: "mangled", mangle: withNullParts });
    assert.equal((await connected.pull()).entries.length, 4);
    fake.plan({ kind: "mangled", mangle: withUnknownStatus });
    assert.equal((await connected.pull()).entries.length, 3);
    assert.match(host.log.join("\n"), /not understood {"skipped":1}/);
  }));

Deno.test("since leaves out what didn't change, to the second", () =>
  withPlugin(async (connected) => {
    const { fake, reader, clock } = connected;
    fake.change(reader, 1, {});
    await clock.delay(10_000, new AbortController().signal);
    fake.change(reader, 2, {});
    const since = new Date(START + 10_900).toISOString();
    const { entries } = await pullAll(connected, { since });
    assert.deepEqual(entries.map(({ externalId }) => externalId), ["2"]);
    const later = new Date(START + 11_000).toISOString();
    assert.deepEqual((await pullAll(connected, { since: later })).entries, []);
  }));

Deno.test("a dry look changes nothing", () =>
  withPlugin(async (connected) => {
    connected.fake.change(connected.reader, 1, {});
    await pullAll(connected);
    assert.deepEqual(connected.fake.saves, []);
  }));
