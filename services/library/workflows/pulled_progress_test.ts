import assert from "node:assert/strict";
import fc from "fast-check";
import { BookProgress, StoredRating } from "@codex/protocol";
import { createReader, type ShelfBook } from "../testing/shelf.ts";

const ENTRY = { externalId: "1" };

/** Which books of a series are read after another service told `told`. */
async function readAfter(
  books: readonly ShelfBook[],
  told: { volumes?: number; chapters?: number },
): Promise<number[]> {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  const shelf = await scene.shelve(library.id, { title: "Series", externalId: "1", books });
  const answer = await scene.apply({ ...ENTRY, ...told });
  const read = await scene.booksRead(shelf);
  assert.deepEqual(answer, {
    externalId: "1",
    series: 1,
    booksMarked: read.length,
    ratingsSet: 0,
  });
  return read;
}

Deno.test("books are read up to the volume told, by their own numbers", async () => {
  const books = [3, 4, 5, 5.5, 6].map((volume) => ({ volume }));
  assert.deepEqual(await readAfter(books, { volumes: 2 }), []);
  assert.deepEqual(await readAfter(books, { volumes: 5 }), [1, 2, 3]);
  assert.deepEqual(await readAfter(books, { volumes: 99 }), [1, 2, 3, 4, 5]);
  assert.deepEqual(await readAfter([{ number: 3 }, { number: 4 }], { volumes: 3 }), [1]);
});

Deno.test("without any number books count by their order; one that lacks it is left alone", async () => {
  assert.deepEqual(await readAfter([{}, {}, {}], { volumes: 2 }), [1, 2]);
  assert.deepEqual(await readAfter([{ volume: 1 }, {}, {}], { volumes: 3 }), [1]);
});

Deno.test("chapters are never read as volumes", async () => {
  const volumes = [1, 2, 3].map((volume) => ({ volume }));
  assert.deepEqual(await readAfter(volumes, { chapters: 50 }), []);
  assert.deepEqual(await readAfter([{}, {}], { chapters: 50 }), []);
  assert.deepEqual(await readAfter([{ number: 1 }], { chapters: 50 }), []);
  const chapters = [9, 10, 10.5, 11].map((chapter) => ({ chapter }));
  assert.deepEqual(await readAfter(chapters, { chapters: 10 }), [1, 2]);
  assert.deepEqual(await readAfter(chapters, { volumes: 20 }), []);
  // A bare number beside chapters is a chapter's.
  assert.deepEqual(await readAfter([{ chapter: 1 }, { number: 2 }], { volumes: 5, chapters: 1 }), [
    1,
  ]);
});

Deno.test("a volume that was read has its chapters read", async () => {
  const books = [{ chapter: 1, volume: 1 }, { chapter: 2, volume: 1 }, { chapter: 3, volume: 2 }];
  assert.deepEqual(await readAfter(books, { volumes: 1 }), [1, 2]);
  assert.deepEqual(await readAfter(books, { chapters: 1 }), [1]);
});

Deno.test("all copies are marked, again changes nothing, and a dry run only counts", async () => {
  await using scene = await createReader();
  const libraries = [
    await scene.fixture.createLibrary("A"),
    await scene.fixture.createLibrary("B"),
    await scene.fixture.createLibrary("C"),
  ];
  const shelves = [];
  for (const { id } of libraries) {
    const books = [{ volume: 1 }, { volume: 2 }];
    shelves.push(await scene.shelve(id, { title: "Series", externalId: "1", books }));
  }
  const change = { libraryIds: [libraries[0]!.id, libraries[1]!.id] };
  const entry = { ...ENTRY, volumes: 2, rating: 80 };
  const expected = { externalId: "1", series: 2, booksMarked: 4, ratingsSet: 2 };
  assert.deepEqual(await scene.apply(entry, { ...change, dryRun: true }), expected);
  assert.deepEqual(await scene.booksRead(shelves[0]!), []);
  assert.deepEqual(await scene.apply(entry, change), expected);
  assert.deepEqual(await scene.apply(entry, change), {
    ...expected,
    booksMarked: 0,
    ratingsSet: 0,
  });
  assert.deepEqual(
    [await scene.booksRead(shelves[0]!), await scene.booksRead(shelves[2]!)],
    [[1, 2], []],
  );
});

Deno.test("what the reader has stays: pages, times, completions and ratings", async () => {
  await using scene = await createReader();
  const { fixture, reader } = scene;
  const library = await fixture.createLibrary();
  const books = [{ volume: 1 }, { volume: 2 }, { volume: 3 }];
  const shelf = await scene.shelve(library.id, { title: "Series", externalId: "1", books });
  const [one, two, three] = shelf.bookIds;
  const own = await scene.read(one!);
  await scene.read(two!, { currentPage: 7 });
  await scene.rate(shelf.id, 40, "Mine");
  fixture.clock.advance(60_000);
  await scene.apply({
    ...ENTRY,
    volumes: 3,
    rating: 90,
    notes: "Theirs",
    startedAt: "2020-01-01T00:00:00.000Z",
    completedAt: "2020-02-01T00:00:00.000Z",
    latestUpdatedAt: "2099-01-01T00:00:00.000Z",
  });
  const progress = (id: string) =>
    fixture.expect(BookProgress, "GET", `/books/${id}/progress`, undefined, reader);
  assert.deepEqual(await progress(one!), own);
  assert.deepEqual(await progress(two!), {
    currentPage: 7,
    completed: true,
    startedAt: "2026-01-01T00:00:00.000Z",
    completedAt: "2020-02-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  });
  assert.deepEqual(await progress(three!), {
    completed: true,
    startedAt: "2020-01-01T00:00:00.000Z",
    completedAt: "2020-02-01T00:00:00.000Z",
    updatedAt: "2020-02-01T00:00:00.000Z",
  });
  const rating = `/series/${shelf.id}/rating`;
  const kept = await fixture.expect(StoredRating, "GET", rating, undefined, reader);
  assert.deepEqual([kept.rating, kept.notes], [40, "Mine"]);
});

Deno.test("a page answers each entry in its place, also unknown and repeated ones", async () => {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  await scene.shelve(library.id, { title: "A", externalId: "a", books: [{ volume: 1 }] });
  const entries = ["a", "nobody", "a"].map((externalId) => ({ externalId, volumes: 1 }));
  const request = { ...scene.scope, entries, dryRun: false };
  const results = await scene.client.applyProgress(scene.context, request);
  assert.deepEqual(results.map((it) => [it.externalId, it.series, it.booksMarked]), [
    ["a", 1, 1],
    ["nobody", 0, 0],
    ["a", 1, 0],
  ]);
});

Deno.test("a page and the reader's own reports at the same time: no completion is lost", async () => {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  const books = Array.from({ length: 20 }, (_, index) => ({ volume: index + 1 }));
  const shelf = await scene.shelve(library.id, { title: "A", externalId: "1", books });
  await Promise.all([
    ...shelf.bookIds.map((id) => scene.read(id, { currentPage: 3 })),
    scene.apply({ ...ENTRY, volumes: 20 }),
    scene.apply({ ...ENTRY, volumes: 20 }),
  ]);
  assert.equal((await scene.booksRead(shelf)).length, 20);
});

Deno.test("whatever is told in whatever order, what is read only grows and ends the same", async () => {
  await using scene = await createReader();
  const library = await scene.fixture.createLibrary();
  const book = fc.record({
    volume: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    chapter: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  });
  const told = fc.record({
    volumes: fc.integer({ min: 0, max: 7 }),
    chapters: fc.integer({ min: 0, max: 22 }),
  });
  const property = fc.asyncProperty(
    fc.array(book, { minLength: 1, maxLength: 6 }),
    fc.array(told, { minLength: 1, maxLength: 4 }),
    async (drawn, reports) => {
      const books = drawn.map(({ volume, chapter }) => ({
        ...(volume !== undefined && { volume }),
        ...(chapter !== undefined && { chapter }),
      }));
      const ends: string[] = [];
      for (const order of [reports, reports.toReversed()]) {
        const externalId = crypto.randomUUID();
        const shelf = await scene.shelve(library.id, { title: externalId, externalId, books });
        let before: number[] = [];
        for (const report of order) {
          await scene.apply({ externalId, ...report });
          const after = await scene.booksRead(shelf);
          assert.ok(before.every((place) => after.includes(place)));
          before = after;
        }
        ends.push(JSON.stringify(before));
      }
      assert.equal(ends[0], ends[1]);
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
