import assert from "node:assert/strict";
import fc from "fast-check";
import {
  LibraryId,
  SeriesEngagement,
  SeriesId,
  SyncEntry,
  SyncSettings,
  syncSettingsOf,
} from "@codex/protocol";
import { buildEntry, type BuildOptions } from "./local_entry.ts";

const options: BuildOptions = {
  settings: SyncSettings.parse({}),
  config: {},
  wantsDetailedProgress: false,
  mayHaveMetadata: false,
  now: Date.UTC(2026, 0, 1),
};
const ID = "00000000-0000-4000-8000-000000000001";

const copy = (change: Partial<SeriesEngagement> = {}): SeriesEngagement => ({
  seriesId: SeriesId.parse(ID),
  libraryId: LibraryId.parse(ID),
  libraryName: "Manga",
  title: "Berserk",
  bookCount: 5,
  booksRead: 3,
  booksStarted: 1,
  volumesRead: 3,
  maxVolume: 3,
  ...change,
});

const build = (
  change: Partial<SeriesEngagement> = {},
  settings: Partial<SyncSettings> = {},
  more: Partial<BuildOptions> = {},
  externalId = "1",
) =>
  buildEntry({ externalId, copies: [copy(change)] }, {
    ...options,
    settings: { ...options.settings, ...settings },
    ...more,
  });

Deno.test("volumes counts the books read, with the started ones only where that is wanted", () => {
  assert.deepEqual(build()?.entry, {
    externalId: "1",
    status: "reading",
    progress: { volumes: 3, maxVolume: 3 },
    title: "Berserk",
  });
  const partial = build({}, { countPartialProgress: true })?.entry.progress;
  assert.deepEqual(partial, { volumes: 4, maxVolume: 3 });
});

Deno.test("completed needs every local book and the known end; without one it stays reading", () => {
  const all = { booksRead: 5, booksStarted: 0, volumesRead: 5, maxVolume: 5 };
  const status = (change: Partial<SeriesEngagement>) => build(change)?.entry.status;
  assert.equal(status(all), "reading");
  assert.equal(status({ ...all, totalVolumeCount: 5 }), "completed");
  assert.equal(status({ ...all, totalVolumeCount: 6 }), "reading");
  assert.equal(status({ ...all, totalVolumeCount: 0 }), "reading");
  assert.equal(status({ ...all, booksRead: 4, totalVolumeCount: 5 }), "reading");
  // Forty chapters are no four volumes, but forty chapters.
  const { maxVolume: _, ...chapters } = copy({ ...all, volumesRead: 0, maxChapter: 40 });
  const ofChapters = (change: Partial<SeriesEngagement>) =>
    buildEntry({ externalId: "1", copies: [{ ...chapters, ...change }] }, options)?.entry.status;
  assert.equal(ofChapters({ totalVolumeCount: 4 }), "reading");
  assert.equal(ofChapters({ totalVolumeCount: 4, totalChapterCount: 40 }), "completed");
});

Deno.test("completed and begun series are left out as the reader says", () => {
  const all = { booksRead: 5, booksStarted: 0 };
  assert.equal(build(all, { includeCompleted: false }), undefined);
  assert.ok(build(all, { includeInProgress: false }));
  assert.equal(build({}, { includeInProgress: false }), undefined);
  assert.ok(build({ booksRead: 0, booksStarted: 1 }));
  assert.equal(build({ booksRead: 0, booksStarted: 0 }), undefined);
});

Deno.test("scores and notes go only where ratings are synced", () => {
  const rated = { rating: 85, notes: "Dark" };
  const { score, notes } = build(rated)!.entry;
  assert.deepEqual([score, notes], [85, "Dark"]);
  const entry = build(rated, { syncRatings: false })!.entry;
  assert.deepEqual(["score" in entry, "notes" in entry], [false, false]);
});

Deno.test("a series without an id goes only by title, and only where that is wanted", () => {
  assert.equal(build({}, {}, {}, ""), undefined);
  const found = build({}, { searchFallback: true }, {}, "");
  assert.deepEqual([found?.entry.externalId, found?.entry.title, found?.key], [
    "",
    "Berserk",
    `title:${ID}`,
  ]);
});

Deno.test("single books go only to who wants them, metadata only to who may have it", () => {
  const readBooks = [{ volume: 1, completed: true }];
  const full = {
    readBooks,
    genres: ["Horror"],
    tags: ["Dark"],
    metadata: { year: 1989 },
    customMetadata: { shelf: 3 },
  };
  assert.deepEqual(Object.keys(build(full)!.entry).sort(), [
    "externalId",
    "progress",
    "status",
    "title",
  ]);
  const detailed = build(full, {}, { wantsDetailedProgress: true })!.entry;
  assert.deepEqual(detailed.progress?.readBooks, readBooks);
  const { libraryName, genres, metadata, customMetadata } = build(full, {}, {
    mayHaveMetadata: true,
  })!.entry;
  assert.deepEqual([libraryName, genres, metadata], ["Manga", ["Horror"], { year: 1989 }]);
  assert.equal(customMetadata, undefined);
  const custom = build(full, { sendCustomMetadata: true }, { mayHaveMetadata: true })!.entry;
  assert.deepEqual(custom.customMetadata, { shelf: 3 });
  assert.equal("customMetadata" in build(full, { sendCustomMetadata: true })!.entry, false);
});

Deno.test("copies speak as one: the furthest numbers, the first start, the last end", () => {
  const copies = [
    copy({
      startedAt: "2025-02-01T00:00:00.000Z",
      latestUpdatedAt: "2025-03-01T00:00:00.000Z",
      rating: 70,
    }),
    copy({
      booksRead: 5,
      booksStarted: 0,
      maxVolume: 5,
      totalVolumeCount: 5,
      startedAt: "2025-01-01T00:00:00.000Z",
      completedAt: "2025-04-01T00:00:00.000Z",
      title: "Berserk Deluxe",
    }),
  ];
  const { entry, seriesIds } = buildEntry({ externalId: "1", copies }, options)!;
  assert.deepEqual(entry, {
    externalId: "1",
    status: "completed",
    progress: { volumes: 5, totalVolumes: 5, maxVolume: 5 },
    title: "Berserk Deluxe",
    score: 70,
    startedAt: "2025-01-01T00:00:00.000Z",
    completedAt: "2025-04-01T00:00:00.000Z",
    latestUpdatedAt: "2025-03-01T00:00:00.000Z",
  });
  assert.equal(seriesIds.length, 2);
});

Deno.test("the hash changes with what is worth a call, not with a turned page, a title or an id", () => {
  const hash = (change: Partial<SeriesEngagement>, more: Partial<BuildOptions> = {}, id = "1") =>
    build(
      { latestUpdatedAt: "2025-01-01T00:00:00.000Z", ...change },
      { searchFallback: true },
      more,
      id,
    )
      ?.hash;
  assert.equal(hash({}), hash({ latestUpdatedAt: "2025-06-01T00:00:00.000Z", title: "Other" }));
  assert.equal(hash({}), hash({}, {}, ""));
  for (
    const change of [{ booksRead: 4 }, { rating: 5 }, { maxVolume: 4 }, { totalVolumeCount: 9 }]
  ) {
    assert.notEqual(hash({}), hash(change));
  }
});

Deno.test("an entry left alone past a setting's days changes, once, until it is read on", () => {
  const config = { pauseAfterDays: 30, dropAfterDays: 0, other: 5 };
  const at = (latestUpdatedAt: string) => build({ latestUpdatedAt }, {}, { config })!;
  const idle = at("2025-12-01T00:00:00.000Z");
  const idler = at("2025-06-01T00:00:00.000Z");
  const fresh = at("2025-12-20T00:00:00.000Z");
  assert.deepEqual([idle.extent.idle, fresh.extent.idle], [["pauseAfterDays"], []]);
  assert.equal(idle.hash, idler.hash);
  assert.notEqual(idle.hash, fresh.hash);
});

Deno.test("whatever the engagement, the entry is of its shape and claims no more than was read", () => {
  const whole = fc.nat({ max: 40 });
  const engagement = fc.record({
    bookCount: whole,
    read: whole,
    started: whole,
    maxVolume: fc.option(fc.double({ min: 0, max: 200, noNaN: true }), { nil: undefined }),
    maxChapter: fc.option(fc.integer({ min: -2, max: 900 }), { nil: undefined }),
    total: fc.option(whole, { nil: undefined }),
    rating: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  });
  const settings = fc.record({
    includeCompleted: fc.boolean(),
    includeInProgress: fc.boolean(),
    countPartialProgress: fc.boolean(),
    syncRatings: fc.boolean(),
    searchFallback: fc.boolean(),
  });
  fc.assert(fc.property(
    fc.array(engagement, { minLength: 1, maxLength: 3 }),
    settings,
    fc.constantFrom("", "7"),
    (drawn, chosen, externalId) => {
      const copies = drawn.map((it) => {
        const booksRead = Math.min(it.read, it.bookCount);
        return SeriesEngagement.parse({
          ...copy(),
          bookCount: it.bookCount,
          booksRead,
          booksStarted: Math.min(it.started, it.bookCount - booksRead),
          volumesRead: booksRead,
          maxVolume: booksRead > 0 ? it.maxVolume : undefined,
          maxChapter: booksRead > 0 ? it.maxChapter : undefined,
          totalVolumeCount: it.total,
          rating: it.rating,
        });
      });
      const built = buildEntry({ externalId, copies }, {
        ...options,
        settings: syncSettingsOf({ _codex: chosen }),
      });
      if (built === undefined) return;
      const entry = SyncEntry.parse(built.entry);
      const begun = copies.map((it) => it.booksRead + it.booksStarted);
      assert.ok((entry.progress?.volumes ?? 0) <= Math.max(...begun));
      const isRead = copies.some((it) => it.bookCount > 0 && it.booksRead === it.bookCount);
      if (entry.status === "completed") {
        assert.ok(isRead && copies.some((it) => it.totalVolumeCount !== undefined));
      }
      assert.ok(isRead ? chosen.includeCompleted : chosen.includeInProgress);
      assert.equal(chosen.searchFallback || externalId !== "", true);
      assert.equal(entry.score !== undefined && !chosen.syncRatings, false);
    },
  ));
});
