import assert from "node:assert/strict";
import fc from "fast-check";
import { Book, BookPage, Series, SeriesPage } from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { createFixture, type Fixture } from "../testing/fixture.ts";

Deno.test("walking a list gives every series once, in every order, whatever ties there are", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  for (let round = 0; round < 3; round++) {
    await fixture.import(
      library.id,
      Array.from({ length: 20 }, (_, index) => ({
        key: `${round}-${index}`,
        title: ["The Tie", "Volume 10", "Volume 9", "Élan"][index % 4],
      })),
    );
    fixture.clock.advance(1000);
  }
  const orders = ["title", "-title", "created", "-created", "updated", "-updated"];
  const sizes = fc.integer({ min: 1, max: 25 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...orders), sizes, async (sort, limit) => {
      const walked = await walk(fixture, `sort=${sort}&limit=${limit}&libraryId=${library.id}`);
      assert.equal(new Set(walked.map(({ id }) => id)).size, 60);
      assert.equal(walked.length, 60);
      const keys = walked.map((series) =>
        sort.endsWith("title") ? series.titleSort : series.createdAt
      );
      const sorted = keys.toSorted();
      assert.deepEqual(keys, sort.startsWith("-") ? sorted.reverse() : sorted);
    }),
    { numRuns: 20 },
  );
  const [first] = await walk(fixture, "limit=200");
  assert.equal(first?.title, "Élan");
  const titles = (await walk(fixture, "limit=200")).map(({ title }) => title);
  assert.ok(titles.indexOf("Volume 9") < titles.indexOf("Volume 10"));
});

Deno.test("a cursor that isn't this list's, and any wrong parameter, is a bad request", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{ key: "a", title: "A" }, { key: "b", title: "B" }]);
  const { nextCursor } = await fixture.expect(SeriesPage, "GET", "/series?limit=1");
  assert.ok(nextCursor);
  const wrong = [
    "cursor=rubbish",
    `cursor=${nextCursor}&sort=created`,
    `cursor=${nextCursor}&sort=-title`,
    "limit=0",
    "limit=201",
    "sort=name",
    "libraryId=1",
  ];
  for (const query of wrong) await fixture.refused("bad_request", "GET", `/series?${query}`);
});

Deno.test("a series is found by its titles and authors, and by those and the ISBNs of its books", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [
    {
      key: "lotr",
      title: "Middle-earth",
      metadata: { alternateTitles: ["Mittelerde"], authors: ["J.R.R. Tolkien"] },
      books: [{
        key: "hobbit",
        title: "The Hobbit",
        number: 0,
        metadata: { isbn: "978-0-261-10221-7", authors: ["J.R.R. Tolkien"] },
      }],
    },
    { key: "hob", title: "Hob's Bargain", metadata: { authors: ["Patricia Briggs"] } },
  ]);
  for (
    const q of ["hobbit", "mittelerde", "TOLKIEN", "jrr hobb", "9780261102217", "0-261-10221-4"]
  ) {
    assert.equal((await fixture.find(q)).title, "Middle-earth", q);
  }
  assert.equal((await walk(fixture, "q=hob")).length, 2);
  assert.equal((await walk(fixture, "q=hobbit%20briggs")).length, 0);
  assert.equal((await walk(fixture, "q=%20!%20")).length, 2);
  assert.equal((await walk(fixture, "q=hob'%20%26%20%7C!()%3A*%5C")).length, 2);
});

Deno.test("search follows edits of a series and of its books", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{
    key: "s",
    title: "Alpha",
    books: [{ key: "b", title: "Beta" }],
  }]);
  const { id } = await fixture.find("beta");
  const [book] = await fixture.booksOf(id);
  await fixture.expect(Book, "PATCH", `/books/${book?.id}`, { metadata: { title: "Gamma" } });
  assert.equal((await walk(fixture, "q=beta")).length, 0);
  assert.equal((await fixture.find("alpha gamma")).id, id);
  await fixture.expect(Series, "PATCH", `/series/${id}`, { metadata: { title: "The Delta 2" } });
  const series = await fixture.find("delta gamma");
  assert.deepEqual([series.title, series.titleSort], ["The Delta 2", "delta 0000000002, the"]);
});

Deno.test("books come by number, those without one last by title, whatever the page", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const books = [
    { key: "1", title: "Ten", number: 10 },
    { key: "2", title: "Zero", number: 0 },
    { key: "3", title: "No number B" },
    { key: "4", title: "Nine and a half", number: 9.5 },
    { key: "5", title: "No number A" },
    { key: "6", title: "By volume", volume: 3 },
    { key: "7", title: "Ten as well", number: 10 },
  ];
  await fixture.import(library.id, [{ key: "s", title: "S", books }]);
  const { id } = await fixture.find("zero");
  const expected = [
    ...["Zero", "By volume", "Nine and a half", "Ten", "Ten as well"],
    ...["No number A", "No number B"],
  ];
  for (const limit of [1, 2, 3, 200]) {
    const titles: string[] = [];
    let cursor = "";
    do {
      const page = await fixture.expect(
        BookPage,
        "GET",
        `/series/${id}/books?limit=${limit}${cursor}`,
      );
      titles.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
    } while (cursor !== "");
    assert.deepEqual(titles, expected);
  }
  await fixture.refused("bad_request", "GET", `/series/${id}/books?cursor=rubbish`);
});

Deno.test("an edit writes what it names, locks it and says who wrote it", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{
    key: "s",
    title: "S",
    metadata: { genres: ["A"], year: 1 },
  }]);
  const before = await fixture.find("s");
  fixture.clock.advance(1000);
  const subject = testSubject("maintainer");
  const after = await fixture.expect(Series, "PATCH", `/series/${before.id}`, {
    metadata: { summary: "New", genres: [], year: 1 },
  }, subject);
  assert.deepEqual(after.metadata, { ...before.metadata, summary: "New", genres: [] });
  assert.deepEqual(after.locks, { summary: true, genres: true });
  assert.equal(after.provenance["summary"]?.userId, subject.userId);
  assert.equal(after.provenance["year"]?.source, "import");
  assert.ok(after.updatedAt > before.updatedAt);

  const open = await fixture.expect(Series, "PATCH", `/series/${before.id}`, {
    metadata: { publisher: "P", summary: null },
    lock: false,
  });
  assert.deepEqual([open.metadata.summary, open.metadata.publisher], [undefined, "P"]);
  assert.deepEqual(open.locks, { summary: true, genres: true });
});

Deno.test("an edit that changes nothing leaves the series as it was", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{ key: "s", title: "S" }]);
  const before = await fixture.find("s");
  fixture.clock.advance(1000);
  const metadata = { title: "S", summary: null, tags: [] };
  assert.deepEqual(
    await fixture.expect(Series, "PATCH", `/series/${before.id}`, { metadata }),
    before,
  );
});

Deno.test("an edit with an unknown field, a wrong value or no title is refused whole", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{ key: "s", title: "S" }]);
  const before = await fixture.find("s");
  const edits = [
    { isbn: "1" },
    { year: "1990" },
    { status: "odd" },
    { title: null },
    { title: " " },
    { title: "" },
  ];
  for (const edit of edits) {
    const metadata = { summary: "New", ...edit };
    const problem = await fixture.refused("bad_request", "PATCH", `/series/${before.id}`, {
      metadata,
    });
    assert.match(problem.detail, new RegExp(Object.keys(edit)[0] ?? ""));
  }
  assert.deepEqual(await fixture.find("s"), before);
});

async function walk(fixture: Fixture, query: string): Promise<Series[]> {
  const items: Series[] = [];
  let cursor = "";
  do {
    const page: SeriesPage = await fixture.expect(SeriesPage, "GET", `/series?${query}${cursor}`);
    items.push(...page.items);
    cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  return items;
}
