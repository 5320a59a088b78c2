import assert from "node:assert/strict";
import { Manifest, pluginTypeOf, readWire, recommendationMethods } from "@codex/protocol";
import type { JsonValue, LibraryEntry, RecommendationAnswer } from "@codex/plugin-sdk";
import { startTestHost, type TestHost, VirtualClock } from "@codex/plugin-sdk/testing";
import { FakeAnilist } from "../../tests/fakes/anilist/fake_anilist.ts";
import type { FakeUser } from "../../tests/fakes/anilist/resolvers.ts";
import { createRecommendationsAnilist } from "./plugin.ts";

const TOKEN = "t0ken";
const SERIES_ID = "0b5a1c0e-7f64-4d4f-9a43-0c9a3f6a2d11";

interface Connected {
  readonly fake: FakeAnilist;
  readonly reader: FakeUser;
  readonly host: TestHost;
  get(library: Partial<LibraryEntry>[], params?: object): Promise<RecommendationAnswer>;
}

interface ConnectOptions {
  readonly token?: string | null;
  readonly userConfig?: Record<string, JsonValue>;
  readonly storage?: Map<string, JsonValue>;
}

async function withPlugin(
  test: (connected: Connected) => Promise<void>,
  { token = TOKEN, userConfig = {}, storage = new Map() }: ConnectOptions = {},
): Promise<void> {
  const fake = new FakeAnilist({ mediaIdMax: 200 });
  const reader = fake.addUser("reader", TOKEN);
  const clock = new VirtualClock();
  const plugin = createRecommendationsAnilist({ fetch: fake.fetch, clock });
  const credentials: Record<string, string> = token === null ? {} : { access_token: token };
  const host = await startTestHost(plugin, { credentials, userConfig, storage });
  try {
    await test({
      fake,
      reader,
      host,
      get: (library, params = {}) =>
        host.call("recommendations/get", { library, ...params }) as Promise<RecommendationAnswer>,
    });
  } finally {
    await host.stop();
  }
}

function series(mediaId: number, entry: Partial<LibraryEntry> = {}): Partial<LibraryEntry> {
  return {
    seriesId: SERIES_ID,
    title: `Series ${mediaId}`,
    externalIds: [{ source: "api:anilist", externalId: String(mediaId) }],
    booksRead: 1,
    ...entry,
  };
}

const idsOf = ({ recommendations }: RecommendationAnswer) =>
  recommendations.map(({ externalId }) => externalId);

Deno.test("an answer satisfies the protocol, and takes one request", () =>
  withPlugin(async ({ fake, get }) => {
    const raw = await get([series(1, { userRating: 90 }), series(4, { booksRead: 0 })]);
    const read = readWire(recommendationMethods["recommendations/get"].answer, raw);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    assert.deepEqual(idsOf(raw), ["2", "3", "4", "5", "6"]);
    assert.equal(fake.requests.length, 1);
    const { generatedAt: _now, ...answer } = raw;
    assert.deepEqual(answer.recommendations[0], {
      externalId: "2",
      externalUrl: "https://anilist.example/manga/2",
      title: "The Manga 2",
      coverUrl: "https://img.anilist.example/media/2-xl.jpg",
      summary: "What the manga 2 is about.\nIt is made up.",
      genres: ["Comedy", "Fantasy"],
      tags: [{ name: "Made up", rank: 80, category: "Theme-Other" }],
      score: 1,
      reason: "Readers of Series 1 like it",
      basedOn: ["Series 1"],
      inLibrary: false,
      status: "ended",
      format: "MANGA",
      countryOfOrigin: "JP",
      startYear: 1992,
      totalVolumeCount: 7,
      totalChapterCount: 70,
      rating: 52,
      popularity: 99_998,
    });
    // In the library, not read yet: recommended, and flagged.
    const owned = answer.recommendations[2];
    assert.deepEqual([owned?.inLibrary, owned?.codexSeriesId], [true, SERIES_ID]);
  }));

Deno.test("the higher rated seed counts more, and what both lead to counts most", () =>
  withPlugin(async ({ get }) => {
    const answer = await get([
      series(1, { userRating: 60 }),
      series(11, { userRating: 100 }),
      series(3, { userRating: 20 }),
    ]);
    assert.deepEqual(idsOf(answer).slice(0, 3), ["12", "13", "14"]);
    const shared = await get([series(1, { userRating: 60 }), series(3, { userRating: 60 })]);
    assert.deepEqual(idsOf(shared).slice(0, 1), ["4"]);
    assert.equal(shared.recommendations[0]?.reason, "Readers of Series 3 and Series 1 like it");
  }));

Deno.test("what is read, listed, excluded or dismissed isn't recommended; what is planned is", () =>
  withPlugin(async ({ fake, reader, host, get }) => {
    const library = [series(1, { userRating: 90 }), series(2)];
    fake.change(reader, 3, { status: "DROPPED" });
    fake.change(reader, 4, { status: "PLANNING" });
    await host.call("recommendations/dismiss", { externalId: "5", reason: "already_read" });
    const answer = await get(library, { excludeIds: ["6"] });
    assert.deepEqual(idsOf(answer), ["4", "7"]);
  }));

Deno.test("dismissals last over processes, also when they come at once, until they are cleared", async () => {
  const storage = new Map<string, JsonValue>();
  await withPlugin(async ({ host }) => {
    await Promise.all(
      ["2", "3", "4", "2"].map((externalId) =>
        host.call("recommendations/dismiss", { externalId })
      ),
    );
  }, { storage });
  assert.deepEqual(storage.get("dismissed"), [["3", null], ["4", null], ["2", null]]);
  await withPlugin(async ({ host, get }) => {
    assert.deepEqual(idsOf(await get([series(1)])), ["5", "6"]);
    assert.deepEqual(await host.call("recommendations/clear"), { cleared: true });
    assert.deepEqual(await host.call("recommendations/clear"), { cleared: false });
    assert.equal((await get([series(1)])).recommendations.length, 5);
    await assert.rejects(host.call("recommendations/dismiss", { externalId: "x" }), {
      code: -32602,
    });
  }, { storage });
});

Deno.test("the reader's filters hold", async () => {
  const filtered = async (userConfig: Record<string, JsonValue>) => {
    let ids: string[] = [];
    await withPlugin(async ({ fake, get }) => {
      fake.catalogue.add(2, { genres: ["Drama"], countryOfOrigin: "KR", averageScore: 90 });
      const novel = { genres: ["Comedy"], format: "NOVEL", countryOfOrigin: "JP" };
      fake.catalogue.add(3, { ...novel, averageScore: 60 });
      fake.catalogue.add(4, { isAdult: true, countryOfOrigin: "CN" });
      fake.catalogue.remove(5);
      fake.catalogue.remove(6);
      ids = idsOf(await get([series(1)]));
    }, { userConfig });
    return ids;
  };
  assert.deepEqual(await filtered({}), ["2", "3"]);
  assert.deepEqual(await filtered({ includeAdult: true }), ["2", "3", "4"]);
  assert.deepEqual(await filtered({ genres: ["drama"] }), ["2"]);
  assert.deepEqual(await filtered({ formats: ["novel"] }), ["3"]);
  assert.deepEqual(await filtered({ countries: ["kr"] }), ["2"]);
  assert.deepEqual(await filtered({ minimumScore: 80 }), ["2"]);
});

Deno.test("the limit holds, and is 20 by default", () =>
  withPlugin(async ({ get }) => {
    const library = Array.from({ length: 10 }, (_, index) => series(10 * index + 1));
    assert.equal((await get(library)).recommendations.length, 20);
    assert.equal((await get(library, { limit: 3 })).recommendations.length, 3);
  }));

Deno.test("a series without an id is found by any of its titles, with one more request", () =>
  withPlugin(async ({ fake, get }) => {
    const byTitle = { externalIds: [], alternateTitles: ["The Manga 1"] };
    const unknown = { externalIds: [], title: "Unheard Of" };
    const answer = await get([
      series(0, { title: "Manga 1", userRating: 90, ...byTitle }),
      series(0, unknown),
    ]);
    assert.deepEqual(idsOf(answer), ["2", "3", "4", "5", "6"]);
    assert.equal(answer.recommendations[0]?.reason, "Readers of Manga 1 like it");
    assert.equal(fake.requests.length, 2);
  }));

Deno.test("a library that says nothing of the reader's taste asks nothing", () =>
  withPlugin(async ({ fake, get }) => {
    assert.deepEqual(idsOf(await get([])), []);
    assert.deepEqual(idsOf(await get([series(1, { booksRead: 0 })])), []);
    assert.equal(fake.requests.length, 0);
  }));

Deno.test("AniList's failures cross as what they are", async () => {
  await withPlugin(async ({ fake, get }) => {
    fake.plan({ kind: "burst", retryAfterSeconds: 40 });
    await assert.rejects(get([series(1)]), { code: -32001, data: { retryAfterSeconds: 40 } });
  });
  await withPlugin(async ({ fake, get }) => {
    fake.plan({ kind: "bad_gateway" });
    await assert.rejects(get([series(1)]), { code: -32004, data: { status: 502 } });
    fake.revoke(TOKEN);
    await assert.rejects(get([series(1)]), { code: -32003 });
  });
  await withPlugin(async ({ fake, get }) => {
    await assert.rejects(get([series(1)]), { code: -32003 });
    assert.equal(fake.requests.length, 0);
  }, { token: null });
});

Deno.test("the manifest is one that the host takes: OAuth without PKCE, or a pasted token", () => {
  const manifest = Manifest.parse(createRecommendationsAnilist().manifest);
  assert.equal(pluginTypeOf(manifest.capabilities), "user");
  assert.equal(manifest.oauth?.pkce, false);
  assert.deepEqual(manifest.requiredCredentials, []);
});

Deno.test("wrong settings refuse the start and are named", async () => {
  const userConfig = { genres: "Drama", minimumScore: 101 };
  await assert.rejects(startTestHost(createRecommendationsAnilist(), { userConfig }), {
    code: -32005,
    message: /"genres".*"minimumScore"/,
  });
});

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)));
  const { manifest } = createRecommendationsAnilist();
  assert.deepEqual(
    [file.name, file.displayName, file.version, file.network],
    [manifest.name, manifest.displayName, manifest.version, manifest.network],
  );
});
