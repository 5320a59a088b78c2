import assert from "node:assert/strict";
import { FakeAnilist, type FakeOptions } from "./fake_anilist.ts";
import { withNullParts, withUnknownStatus } from "./faults.ts";

const TOKEN = "t0ken";

function started(options: FakeOptions = {}) {
  const fake = new FakeAnilist(options);
  const reader = fake.addUser("reader", TOKEN);
  async function ask(query: string, variables: object = {}, token: string | null = TOKEN) {
    const reply = await fake.handle(
      new Request("http://fake", {
        method: "POST",
        body: JSON.stringify({ query, variables }),
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      }),
    );
    const text = await reply.text();
    const body = text.startsWith("{") ? JSON.parse(text) : null;
    return { status: reply.status, headers: reply.headers, text, ...body };
  }
  return { fake, reader, ask };
}

const LISTS = `query ($userId: Int, $chunk: Int, $perChunk: Int) {
  MediaListCollection(userId: $userId, type: MANGA, chunk: $chunk, perChunk: $perChunk) {
    hasNextChunk
    lists { name isCustomList status entries { id mediaId status score(format: POINT_100) } }
  }
}`;

Deno.test("a bad token is a 400, no token a 401 with the field as null", async () => {
  const { fake, ask } = started();
  const bad = await ask("{ Viewer { id } }", {}, "other");
  assert.deepEqual([bad.status, bad.errors], [400, [{ message: "Invalid token", status: 400 }]]);
  const none = await ask("{ Viewer { id } }", {}, null);
  assert.deepEqual([none.status, none.data], [401, { Viewer: null }]);
  assert.equal(none.errors[0].message, "Unauthorized.");
  assert.equal((await ask("{ Viewer { id name } }")).data.Viewer.name, "reader");
  fake.revoke(TOKEN);
  assert.equal((await ask("{ Viewer { id } }")).status, 400);
});

Deno.test("a malformed query is a 400 with another message", async () => {
  const { ask } = started();
  for (const query of ["{ Viewer { nothing } }", "{"]) {
    const { status, errors } = await ask(query);
    assert.equal(status, 400);
    assert.notEqual(errors[0].message, "Invalid token");
  }
});

Deno.test("lists need a user and a type, and come in chunks", async () => {
  const { fake, reader, ask } = started();
  for (const wrong of ["type: MANGA", "userId: 101"]) {
    const { status } = await ask(`{ MediaListCollection(${wrong}) { hasNextChunk } }`);
    assert.equal(status, 400);
  }
  for (let mediaId = 1; mediaId <= 5; mediaId++) fake.change(reader, mediaId, {});
  const sizes: number[] = [];
  for (const chunk of [1, 2, 3]) {
    const { data } = await ask(LISTS, { userId: reader.id, chunk, perChunk: 2 });
    const { lists, hasNextChunk } = data.MediaListCollection;
    assert.equal(hasNextChunk, chunk < 3);
    sizes.push(lists.flatMap((list: { entries: unknown[] }) => list.entries).length);
  }
  assert.deepEqual(sizes, [2, 2, 1]);
});

Deno.test("an entry stands in its status's list unless hidden, and in its custom lists", async () => {
  const { fake, reader, ask } = started();
  fake.change(reader, 1, { status: "CURRENT", customLists: ["Best"] });
  fake.change(reader, 2, { status: "PAUSED", customLists: ["Best"], hiddenFromStatusLists: true });
  const { data } = await ask(LISTS, { userId: reader.id });
  const { lists } = data.MediaListCollection;
  assert.deepEqual(
    lists.map(({ name, status, entries }: {
      name: string;
      status: string | null;
      entries: { mediaId: number }[];
    }) => [name, status, entries.map(({ mediaId }) => mediaId)]),
    [["Reading", "CURRENT", [1]], ["Best", null, [1, 2]]],
  );
});

Deno.test("private entries are shown to their owner alone", async () => {
  const { fake, reader, ask } = started();
  fake.addUser("other", "other");
  fake.change(reader, 1, { private: true });
  const shown = async (token: string) => {
    const { data } = await ask(LISTS, { userId: reader.id }, token);
    return data.MediaListCollection.lists[0].entries.length;
  };
  assert.deepEqual([await shown(TOKEN), await shown("other")], [1, 0]);
});

Deno.test("a save creates or changes the entry of a work, and is noted", async () => {
  const { fake, reader, ask } = started({ now: () => 5_000 });
  const save = `mutation ($mediaId: Int, $progress: Int) {
    SaveMediaListEntry(mediaId: $mediaId, progress: $progress, scoreRaw: 80) {
      id mediaId status progress updatedAt score(format: POINT_10)
    }
  }`;
  const { data } = await ask(save, { mediaId: 7, progress: 3 });
  const { id } = data.SaveMediaListEntry;
  const expected = { id, mediaId: 7, status: "CURRENT", progress: 3, updatedAt: 5, score: 8 };
  assert.deepEqual(data.SaveMediaListEntry, expected);
  const again = await ask(save, { mediaId: 7, progress: 4 });
  assert.equal(again.data.SaveMediaListEntry.id, id);
  assert.deepEqual(
    fake.saves.map(({ before, after }) => [before?.progress, after.progress]),
    [[undefined, 3], [3, 4]],
  );
  assert.equal((await ask(save, { mediaId: 0, progress: 1 })).status, 400);
  assert.equal((await ask(save, { mediaId: 7, progress: -1 })).status, 400);
  assert.equal((await ask(save, { mediaId: 7, progress: 1 }, null)).status, 401);
  assert.equal(fake.lists.find(reader.id, 7)?.progress, 4);
});

Deno.test("delete takes the id of the entry, not of the work", async () => {
  const { fake, reader, ask } = started();
  const { id } = fake.change(reader, 7, {});
  const remove = "mutation ($id: Int) { DeleteMediaListEntry(id: $id) { deleted } }";
  assert.equal((await ask(remove, { id: 7 })).status, 404);
  assert.equal((await ask(remove, { id })).data.DeleteMediaListEntry.deleted, true);
  assert.equal(fake.lists.find(reader.id, 7), null);
});

Deno.test("one of several saves that fails leaves the others, and its fault tells a line", async () => {
  const { ask } = started();
  const { status, data, errors } = await ask(`mutation {
    e0: SaveMediaListEntry(mediaId: 0) { id }
    e1: SaveMediaListEntry(mediaId: 1) { id }
  }`);
  assert.equal(status, 400);
  assert.equal(data.e0, null);
  assert.ok(data.e1.id > 0);
  assert.equal(errors.length, 1);
  assert.equal(errors[0].locations[0].line, 2);
  assert.equal("path" in errors[0], false);
});

Deno.test("25 saves in one operation are answered, 40 are too complex", async () => {
  const { ask } = started();
  const saves = (count: number) =>
    `mutation {${
      Array.from(
        { length: count },
        (_, index) =>
          `e${index}: SaveMediaListEntry(mediaId: ${index + 1}) { id mediaId status progress }`,
      ).join("\n")
    }}`;
  assert.equal((await ask(saves(25))).status, 200);
  const { errors } = await ask(saves(40));
  assert.match(errors[0].message, /complexity should be 500 but got \d+/);
});

Deno.test("search finds works by the words of a title, exact ones first", async () => {
  const { fake, ask } = started({ mediaIdMax: 30 });
  fake.catalogue.add(40, {
    title: { romaji: "Kaze no Tani", english: null, native: null },
    synonyms: [],
    popularity: 999_999_999,
  });
  const search = `query ($search: String) {
    Page(perPage: 5) { pageInfo { hasNextPage } media(search: $search, type: MANGA) { id } }
  }`;
  const idsOf = async (text: string) => {
    const { data } = await ask(search, { search: text });
    return data.Page.media.map(({ id }: { id: number }) => id);
  };
  assert.deepEqual(await idsOf("manga 7"), [7]);
  assert.deepEqual(await idsOf("kaze NO tani!"), [40]);
  assert.deepEqual(await idsOf("nothing like it"), []);
  assert.equal((await idsOf("manga")).length, 5);
});

Deno.test("works come by id with the viewer's own entry and what people recommend", async () => {
  const { fake, reader, ask } = started();
  fake.change(reader, 3, { status: "PAUSED" });
  fake.catalogue.remove(5);
  const { data } = await ask(`{
    Page(perPage: 50) {
      media(id_in: [3, 4, 5], type: MANGA) {
        id
        mediaListEntry { status }
        recommendations(sort: [RATING_DESC], perPage: 2) {
          nodes { rating mediaRecommendation { id } }
        }
      }
    }
  }`);
  assert.deepEqual(data.Page.media, [
    {
      id: 3,
      mediaListEntry: { status: "PAUSED" },
      recommendations: {
        nodes: [
          { rating: 100, mediaRecommendation: { id: 4 } },
          { rating: 85, mediaRecommendation: null },
        ],
      },
    },
    {
      id: 4,
      mediaListEntry: null,
      recommendations: {
        nodes: [
          { rating: 100, mediaRecommendation: null },
          { rating: 85, mediaRecommendation: { id: 6 } },
        ],
      },
    },
  ]);
});

Deno.test("more requests than a minute allows are 429 with the headers of the limit", async () => {
  let now = 1_000_000;
  const { ask } = started({ requestsPerMinute: 2, now: () => now });
  const statuses: number[] = [];
  for (let count = 0; count < 3; count++) statuses.push((await ask("{ Viewer { id } }")).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  now += 20_000;
  const { headers } = await ask("{ Viewer { id } }");
  assert.equal(headers.get("retry-after"), "40");
  assert.equal(headers.get("x-ratelimit-limit"), "2");
  now += 40_000;
  assert.equal((await ask("{ Viewer { id } }")).status, 200);
});

Deno.test("planned faults befall the replies that they are meant for, so often", async () => {
  const { fake, reader, ask } = started();
  fake.plan({ kind: "burst", retryAfterSeconds: 7 }, { times: 2 });
  fake.plan({ kind: "bad_gateway", lost: true }, { when: ({ kind }) => kind === "mutation" });
  for (let time = 0; time < 2; time++) {
    const { status, headers } = await ask("{ Viewer { id } }");
    assert.deepEqual([status, headers.get("retry-after")], [429, "7"]);
    assert.equal(headers.get("x-ratelimit-limit"), null);
  }
  assert.equal((await ask("{ Viewer { id } }")).status, 200);
  const lost = await ask("mutation { SaveMediaListEntry(mediaId: 1) { id } }");
  assert.equal(lost.status, 502);
  assert.match(lost.text, /^<html>/);
  assert.ok(fake.lists.find(reader.id, 1), "the operation was carried out");

  fake.plan({ kind: "outage" });
  fake.plan({ kind: "errors_in_200" });
  fake.plan({ kind: "invalid_token" });
  const statuses: number[] = [];
  for (let count = 0; count < 3; count++) statuses.push((await ask("{ Viewer { id } }")).status);
  assert.deepEqual(statuses, [403, 200, 400]);
  assert.deepEqual(fake.requests.at(-1)?.fields, ["Viewer"]);
  assert.equal(fake.requestsOf("SaveMediaListEntry"), 1);
});

Deno.test("nulls and unknown values stand where AniList may put them", async () => {
  const { fake, reader, ask } = started();
  for (let mediaId = 1; mediaId <= 3; mediaId++) fake.change(reader, mediaId, {});
  fake.plan({ kind: "mangled", mangle: withNullParts });
  const nulls = (await ask(LISTS, { userId: reader.id })).data.MediaListCollection.lists;
  assert.equal(nulls[0], null);
  assert.equal(nulls[1].entries[0], null);
  assert.equal(nulls[1].entries[1].score, null);
  fake.plan({ kind: "mangled", mangle: withUnknownStatus });
  const [group] = (await ask(LISTS, { userId: reader.id })).data.MediaListCollection.lists;
  const statuses = group.entries.map(({ status }: { status: string }) => status);
  assert.deepEqual(statuses, ["ARCHIVED", "CURRENT", "CURRENT"]);
});
