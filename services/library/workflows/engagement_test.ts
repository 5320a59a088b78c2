import assert from "node:assert/strict";
import type { EngagedEntry } from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { createReader, SOURCE } from "../testing/shelf.ts";
import { streamEngagement } from "./engagement.ts";

const volumes = (...numbers: number[]) => numbers.map((volume) => ({ volume }));

Deno.test("a series' engagement is counted: read, started, numbers, totals and times", async () => {
  await using scene = await createReader();
  const { fixture } = scene;
  const library = await fixture.createLibrary();
  const shelf = await scene.shelve(library.id, {
    title: "Berserk",
    externalId: "30002",
    books: [...volumes(1, 2, 3), { chapter: 40, volume: 4 }, { volume: 5 }],
    metadata: { totalVolumeCount: 41, totalChapterCount: 364.5 },
  });
  await scene.shelve(library.id, { title: "Untouched", externalId: "9", books: volumes(1) });
  const [one, two, , chapter, five] = shelf.bookIds;
  await scene.read(one!);
  fixture.clock.advance(1000);
  await scene.read(chapter!);
  await scene.read(two!, { currentPage: 10, progressPercentage: 12.5 });
  await scene.read(five!, { currentPage: 0 });
  await scene.rate(shelf.id, 85, "Dark");

  assert.deepEqual(await scene.engagement({ withBooks: true }), [{
    externalId: "30002",
    copies: [{
      seriesId: shelf.id,
      libraryId: library.id,
      libraryName: "Books",
      title: "Berserk",
      totalVolumeCount: 41,
      totalChapterCount: 364.5,
      bookCount: 5,
      booksRead: 2,
      booksStarted: 1,
      volumesRead: 1,
      maxVolume: 1,
      maxChapter: 40,
      startedAt: "2026-01-01T00:00:00.000Z",
      completedAt: "2026-01-01T00:00:01.000Z",
      latestUpdatedAt: "2026-01-01T00:00:01.000Z",
      rating: 85,
      notes: "Dark",
      readBooks: [
        { volume: 1, completed: true },
        { volume: 2, completed: false, currentPage: 10, progressPercentage: 12.5 },
        { volume: 4, chapter: 40, completed: true },
      ],
    }],
  }]);
});

Deno.test("metadata comes only where it is asked for", async () => {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  const metadata = { genres: ["Horror"], tags: ["Dark"], year: 1989, customMetadata: { shelf: 3 } };
  const shelf = await scene.shelve(library.id, {
    title: "Berserk",
    externalId: "1",
    books: volumes(1),
    metadata,
  });
  await scene.read(shelf.bookIds[0]!);
  const [plain] = await scene.engagement();
  assert.equal(JSON.stringify(plain).includes("Horror"), false);
  assert.equal(plain?.copies[0]?.readBooks, undefined);
  const [full] = await scene.engagement({ withMetadata: true });
  const copy = full?.copies[0];
  assert.deepEqual([copy?.genres, copy?.tags, copy?.customMetadata], [["Horror"], ["Dark"], {
    shelf: 3,
  }]);
  assert.equal(copy?.metadata?.["year"], 1989);
  assert.equal("customMetadata" in copy!.metadata!, false);
});

Deno.test("copies of one id come together, in the libraries of the scope, each id once, in pages", async () => {
  await using scene = await createReader();
  const { fixture, reader } = scene;
  const [first, second] = [
    await fixture.createLibrary("First"),
    await fixture.createLibrary("Second"),
  ];
  for (const [library, ids] of [[first, [1, 2, 3, 4, 5]], [second, [2, 4]]] as const) {
    for (const id of ids) {
      const shelf = await scene.shelve(library.id, {
        title: `Series ${id}`,
        externalId: `id-${id}`,
        books: volumes(1, 2),
      });
      await scene.read(shelf.bookIds[0]!);
    }
  }
  const shape = (entries: readonly EngagedEntry[]) =>
    entries.map(({ externalId, copies }) => [externalId, copies.map((it) => it.libraryName)]);
  const request = {
    ...scene.scope,
    withUnidentified: false,
    withBooks: false,
    withMetadata: false,
  };
  const pages = await Array.fromAsync(streamEngagement(fixture.db, reader.userId, request, 2));
  assert.deepEqual(pages.map((page) => page.length), [2, 2, 1]);
  const both = ["First", "Second"];
  const all = pages.flat().map((entry) => [
    entry.externalId,
    entry.copies.map((it) => it.libraryName).sort(),
  ]);
  assert.deepEqual(all, [
    ["id-1", ["First"]],
    ["id-2", both],
    ["id-3", ["First"]],
    ["id-4", both],
    ["id-5", ["First"]],
  ]);
  const inSecond = await scene.engagement({ libraryIds: [second.id] });
  assert.deepEqual(shape(inSecond), [["id-2", ["Second"]], ["id-4", ["Second"]]]);
  assert.deepEqual(await scene.engagement({ externalIdSource: "api:other" }), []);
  const stranger = { ...scene.context, subject: testSubject("reader") };
  assert.deepEqual(
    await Array.fromAsync(scene.client.streamEngagement(stranger, request)),
    [],
  );
});

Deno.test("matches name series beside their documents; what nothing names comes last, if wanted", async () => {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  const shelves = [];
  for (const title of ["Named", "Matched", "Alone"]) {
    const shelf = await scene.shelve(library.id, {
      title,
      ...(title === "Named" && { externalId: "n" }),
      books: volumes(1),
    });
    await scene.read(shelf.bookIds[0]!);
    shelves.push(shelf);
  }
  const matches = [{ externalId: "m", seriesId: shelves[1]!.id }];
  const titles = (entries: readonly EngagedEntry[]) =>
    entries.map(({ externalId, copies }) => [externalId, copies[0]?.title]);
  assert.deepEqual(titles(await scene.engagement({ matches, withUnidentified: true })), [
    ["m", "Matched"],
    ["n", "Named"],
    ["", "Alone"],
  ]);
  assert.deepEqual(titles(await scene.engagement({ matches, externalIdSource: null })), [
    ["m", "Matched"],
  ]);
  const matched = await scene.apply({ externalId: "m", volumes: 9 }, { matches });
  assert.deepEqual([matched.series, matched.booksMarked], [1, 0]);
  assert.equal((await scene.apply({ externalId: "m", volumes: 9 })).series, 0);
});

Deno.test("external ids follow the documents, whoever writes them", async () => {
  await using scene = await createReader();
  const { fixture } = scene;
  const library = await fixture.createLibrary();
  const shelf = await scene.shelve(library.id, {
    title: "A",
    externalId: "old",
    books: volumes(1),
  });
  const held = async (...externalIds: string[]) =>
    (await scene.client.findHeldIds(scene.context, {
      externalIdSource: SOURCE,
      externalIds,
      libraryIds: [],
    })).map((it) => it.externalId);
  assert.deepEqual(await held("old", "new"), ["old"]);
  const body = {
    metadata: { externalIds: [{ source: SOURCE, externalId: "new" }], summary: "S" },
  };
  await fixture.call("PATCH", `/api/v1/series/${shelf.id}`, { body });
  assert.deepEqual(await held("old", "new"), ["new"]);
  await fixture.call("PATCH", `/api/v1/series/${shelf.id}`, { body: { metadata: { year: 2000 } } });
  assert.deepEqual(await held("old", "new"), ["new"]);
  assert.equal((await scene.client.getSeriesName(scene.context, shelf.id)).title, "A");
  await fixture.call("DELETE", `/api/v1/libraries/${library.id}`);
  assert.deepEqual(await held("old", "new"), []);
  await assert.rejects(scene.client.getSeriesName(scene.context, shelf.id), { code: "not_found" });
});

Deno.test("library entries come best first and no more than asked for", async () => {
  await using scene = await createReader();
  const { fixture } = scene;
  const library = await fixture.createLibrary();
  const shelves = [];
  for (const title of ["Plain", "Older", "Newer", "Rated low", "Rated high"]) {
    shelves.push(
      await scene.shelve(library.id, { title, externalId: title, books: volumes(1, 2) }),
    );
  }
  const [plain, older, newer, low, high] = shelves;
  await scene.rate(low!.id, 20);
  await scene.rate(high!.id, 90);
  await scene.read(older!.bookIds[0]!);
  fixture.clock.advance(1000);
  for (const id of newer!.bookIds) await scene.read(id);
  fixture.clock.advance(1000);
  // Opened and not begun.
  await scene.read(plain!.bookIds[0]!, { completed: false });
  const request = { libraryIds: [], limit: 4 };
  const entries = await scene.client.listLibraryEntries(scene.context, request);
  assert.deepEqual(entries.map(({ title }) => title), [
    "Rated high",
    "Rated low",
    "Newer",
    "Older",
  ]);
  const { seriesId: _, libraryId: __, ...third } = entries[2]!;
  assert.deepEqual(third, {
    title: "Newer",
    alternateTitles: [],
    genres: [],
    tags: [],
    externalIds: [{ source: SOURCE, externalId: "Newer" }],
    readingStatus: "completed",
    booksRead: 2,
    booksOwned: 2,
    startedAt: "2026-01-01T00:00:01.000Z",
    lastReadAt: "2026-01-01T00:00:01.000Z",
    completedAt: "2026-01-01T00:00:01.000Z",
    libraryName: "Books",
  });
});

Deno.test("only sync reads a reader's progress", async () => {
  await using scene = await createReader();
  const { fixture } = scene;
  for (const from of ["auth", "gateway", "plugin-host"] as const) {
    const reply = await fixture.call("POST", "/internal/readers/engagement", {
      from,
      body: {},
      subject: null,
    });
    await reply.body?.cancel();
    assert.equal(reply.status, 403, from);
  }
});
