import assert from "node:assert/strict";
import type { PushAnswer } from "@codex/plugin-sdk";
import type { OperationInfo } from "../../tests/fakes/anilist/faults.ts";
import { withPlugin } from "./testing.ts";

const series = (count: number, volumes = 3, first = 1) =>
  Array.from({ length: count }, (_, index) => ({
    externalId: String(first + index),
    progress: { volumes },
  }));

function statusesOf({ success = [], failed = [] }: PushAnswer): string[] {
  return [...success, ...failed].map(({ externalId, status }) => `${externalId} ${status}`);
}

Deno.test("a first push reads 50 works in a request and saves 25 in one", () =>
  withPlugin(async ({ fake, reader, push }) => {
    const { success, failed } = await push(...series(120));
    assert.equal(success?.length, 120);
    assert.deepEqual(failed, []);
    assert.ok(success?.every(({ status }) => status === "created"));
    assert.equal(fake.requestsOf("Page"), 3);
    // 50 + 50 + 20 works: 2 + 2 + 1 requests.
    assert.equal(fake.requestsOf("SaveMediaListEntry"), 5);
    assert.ok(fake.requests.every(({ status }) => status === 200));
    assert.equal(fake.lists.find(reader.id, 120)?.progressVolumes, 3);
  }));

Deno.test("what AniList has already is unchanged and costs no save", () =>
  withPlugin(async ({ fake, push }) => {
    await push(...series(60));
    const saves = fake.requestsOf("SaveMediaListEntry");
    assert.deepEqual(statusesOf(await push(...series(60))).slice(0, 1), ["1 unchanged"]);
    assert.equal(fake.requestsOf("SaveMediaListEntry"), saves);
    const answer = await push(...series(57), ...series(3, 4, 58));
    assert.deepEqual(statusesOf(answer).slice(-3), ["58 updated", "59 updated", "60 updated"]);
    assert.equal(fake.requestsOf("SaveMediaListEntry"), saves + 1);
  }));

Deno.test("progress that is further at AniList stays, whatever it was read as", () =>
  withPlugin(async ({ fake, reader, push }) => {
    fake.change(reader, 1, { progressVolumes: 9, status: "COMPLETED" });
    fake.change(reader, 2, { progress: 80 });
    const answer = await push(
      { externalId: "1", progress: { volumes: 2 } },
      { externalId: "2", progress: { maxChapter: 20 } },
    );
    assert.deepEqual(statusesOf(answer), ["1 unchanged", "2 unchanged"]);
    assert.equal(fake.saves.length, 0);
  }));

Deno.test("a work that comes twice in a push is saved in order, and never lowered", () =>
  withPlugin(async ({ fake, reader, push }) => {
    const answer = await push(
      { externalId: "1", progress: { volumes: 2 } },
      { externalId: "1", progress: { volumes: 4 } },
      { externalId: "1", progress: { volumes: 3 } },
    );
    assert.deepEqual(statusesOf(answer), ["1 created", "1 updated", "1 unchanged"]);
    assert.equal(fake.lists.find(reader.id, 1)?.progressVolumes, 4);
    assert.equal(fake.requestsOf("SaveMediaListEntry"), 1);
  }));

Deno.test("an id that AniList doesn't know, or that is none, fails alone and says why", () =>
  withPlugin(async ({ fake, push }) => {
    fake.catalogue.add(3, { type: "ANIME" });
    const { success, failed } = await push(
      { externalId: "1" },
      { externalId: "99999999" },
      { externalId: "one" },
      { externalId: "3" },
    );
    assert.equal(success?.length, 1);
    assert.deepEqual(
      failed?.map(({ error, errorCode }) => [error, errorCode]),
      [
        ['AniList has no manga "99999999"', -32002],
        ['"one" is no id of AniList', -32602],
        ['AniList has no manga "3"', -32002],
      ],
    );
  }));

Deno.test("one save of a request that is refused leaves the others", () =>
  withPlugin(async ({ fake, reader, push }) => {
    // Gone between the look and the save.
    const beforeSave = ({ kind }: OperationInfo) => {
      if (kind === "mutation") fake.catalogue.remove(2);
      return false;
    };
    fake.plan({ kind: "outage" }, { when: beforeSave });
    const { success, failed } = await push(...series(3));
    assert.deepEqual(success?.map(({ externalId }) => externalId), ["1", "3"]);
    assert.deepEqual(failed, [{
      externalId: "2",
      status: "failed",
      error: "AniList didn't save it: validation",
      errorCode: -32004,
    }]);
    assert.equal(fake.lists.find(reader.id, 3)?.progressVolumes, 3);
  }));

Deno.test("visibility is changed only when the reader asks", async () => {
  await withPlugin(async ({ fake, reader, push }) => {
    fake.change(reader, 1, { private: true, hiddenFromStatusLists: true });
    await push(...series(2));
    const found = [1, 2].map((id) => fake.lists.find(reader.id, id));
    assert.deepEqual(found.map((entry) => entry?.private), [true, false]);
    assert.deepEqual(found.map((entry) => entry?.hiddenFromStatusLists), [true, false]);
  });
  await withPlugin(async ({ fake, reader, push }) => {
    await push(...series(1));
    const entry = fake.lists.find(reader.id, 1);
    assert.deepEqual([entry?.private, entry?.hiddenFromStatusLists], [true, true]);
  }, { userConfig: { private: true, hiddenFromStatusLists: true } });
});

Deno.test("an entry without an id is found by its title, in few requests", () =>
  withPlugin(async ({ fake, reader, push }) => {
    const entries = Array.from({ length: 12 }, (_, index) => ({
      externalId: "",
      title: `Manga ${index + 1}`,
      progress: { volumes: 1 },
    }));
    const { success } = await push(...entries, { externalId: "20" });
    assert.deepEqual(success?.slice(0, 1), [
      { externalId: "1", status: "created", title: "Manga 1" },
    ]);
    assert.deepEqual(success?.at(-1), { externalId: "20", status: "created" });
    assert.ok(fake.lists.find(reader.id, 12));
    // Two searches, one look, one save.
    assert.equal(fake.requests.length, 4);
  }, { mediaIdMax: 100 }));

Deno.test("a title that nothing is like, or that several are like, writes nothing", () =>
  withPlugin(async ({ fake, push }) => {
    const twin = { title: { romaji: "Twin Work", english: null, native: null } };
    fake.catalogue.add(501, twin);
    fake.catalogue.add(502, { ...twin, format: "NOVEL" });
    fake.catalogue.add(503, {
      title: { romaji: "Nearly the Same Name Here Too", english: null, native: null },
    });
    const { failed } = await push(
      { externalId: "", title: "Unheard Of" },
      { externalId: "", title: "Twin Work" },
      { externalId: "", title: "Same Name" },
      { externalId: "" },
    );
    assert.deepEqual(
      failed?.map(({ externalId, title, error }) => [externalId, title, error]),
      [
        ["", "Unheard Of", 'AniList has no manga like "Unheard Of"'],
        [
          "",
          "Twin Work",
          'AniList has several manga like "Twin Work" (501, 502): enter its id by hand',
        ],
        ["", "Same Name", 'AniList has no manga like "Same Name"'],
        ["", undefined, "An entry needs an id or a title"],
      ],
    );
    assert.equal(fake.saves.length, 0);
  }, { mediaIdMax: 50 }));

Deno.test("a push of nothing asks nothing", () =>
  withPlugin(async ({ fake, push }) => {
    assert.deepEqual(await push(), { success: [], failed: [] });
    assert.equal(fake.requests.length, 0);
  }));
