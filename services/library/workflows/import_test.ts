import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Book,
  Empty,
  HistoryPage,
  IMPORT_ERRORS_LISTED_MAX,
  IMPORT_LINE_BYTES_MAX,
  ImportReport,
  Locks,
  Series,
  SeriesPage,
} from "@codex/protocol";
import { createFixture, type Fixture, toLines } from "../testing/fixture.ts";

const CATALOGUE = Array.from({ length: 1200 }, (_, index) => ({
  key: `s${index}`,
  title: `Series ${index}`,
  metadata: { genres: ["Fantasy"], authors: [`Author ${index % 7}`] },
  externalIds: [{ source: "test", externalId: String(index) }],
  books: [{
    key: `b${index}`,
    title: `Book ${index}`,
    number: 1,
    metadata: { isbn: "0261102214" },
  }],
}));

Deno.test("the same file twice changes nothing", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const first = await fixture.import(library.id, CATALOGUE);
  assert.deepEqual([first.series.created, first.books.created, first.failed], [1200, 1200, 0]);
  const before = await dump(fixture);
  fixture.clock.advance(60_000);
  const second = await fixture.import(library.id, CATALOGUE);
  assert.deepEqual(second.series, { created: 0, updated: 0, unchanged: 1200 });
  assert.deepEqual(second.books, { created: 0, updated: 0, unchanged: 1200 });
  assert.deepEqual(await dump(fixture), before);
});

Deno.test("two libraries can hold the same keys", async () => {
  await using fixture = await createFixture();
  for (const name of ["A", "B"]) {
    const library = await fixture.createLibrary(name);
    const report = await fixture.import(library.id, CATALOGUE.slice(0, 3));
    assert.equal(report.books.created, 3);
  }
});

Deno.test("each fault is reported with its line and the rest goes in", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const bytes = (text: string) => new TextEncoder().encode(text);
  const body = new Blob([
    bytes('\uFEFF{"key":"a","title":"A"}\r\n'),
    bytes("{bad json\n"),
    Uint8Array.of(0x22, 0xff, 0x22, 0x0a),
    bytes("\n"),
    bytes("x".repeat(IMPORT_LINE_BYTES_MAX + 1) + "\n"),
    bytes('{"key":"a","title":"Again"}\n'),
    bytes('{"key":"b","title":"B","books":[{"key":"x","title":"X"},{"key":"x","title":"Y"}]}\n'),
    bytes('{"key":"c"}\n'),
    bytes('{"key":"d","title":"D","metadata":{"status":"odd","year":null}}'),
  ]);
  const reply = await fixture.upload(library.id, body);
  const report = ImportReport.parse(await reply.json());
  assert.deepEqual(report.errors.map(({ line, code, key }) => [line, code, key]), [
    [2, "bad_json", undefined],
    [3, "invalid_utf8", undefined],
    [5, "line_too_long", undefined],
    [6, "duplicate_key", "a"],
    [7, "duplicate_key", "x"],
    [8, "invalid", "c"],
    [9, "invalid", "d"],
  ]);
  assert.deepEqual([report.lines, report.failed, report.errorsTruncated], [8, 5, false]);
  assert.deepEqual([report.series.created, report.books.created], [3, 1]);
  assert.deepEqual(await titles(fixture), ["A", "B", "D"]);
});

Deno.test("faults are listed up to a bound and counted beyond", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const lines = Array.from({ length: IMPORT_ERRORS_LISTED_MAX + 5 }, () => "?");
  const report = await fixture.import(library.id, [...lines, CATALOGUE[0]]);
  assert.equal(report.errors.length, IMPORT_ERRORS_LISTED_MAX);
  assert.deepEqual([report.failed, report.errorsTruncated], [IMPORT_ERRORS_LISTED_MAX + 5, true]);
  assert.equal(report.series.created, 1);
});

Deno.test("any chunking of the bytes gives the same result", async () => {
  await using fixture = await createFixture();
  const lines = toLines([
    { key: "é", title: "世界 🎈", books: [{ key: "1", title: "One" }, { key: "2", title: "Two" }] },
    "{",
    { key: "é", title: "twice" },
    { key: "k", title: "Last" },
  ]).trimEnd();
  const bytes = new TextEncoder().encode(lines.replace("\n", "\r\n"));
  const whole = await importInto(fixture, new Blob([bytes]).stream());
  assert.deepEqual([whole.report.series.created, whole.report.failed], [2, 2]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
      assert.deepEqual(await importInto(fixture, ReadableStream.from(chunks)), whole);
    }),
    { numRuns: 25 },
  );
});

Deno.test("the same key again updates what no one has edited since", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const line = (change: object) => [{
    key: "s",
    title: "First",
    metadata: { summary: "Old", year: 1990, publisher: "P", genres: ["A"], ...change },
  }];
  await fixture.import(library.id, line({}));
  const { id } = await fixture.find("first");
  const patch = (metadata: object, lock: boolean) =>
    fixture.expect(Series, "PATCH", `/series/${id}`, { metadata, lock });
  await patch({ summary: "Mine" }, false);
  await patch({ publisher: null }, false);
  await fixture.expect(Locks, "PUT", `/series/${id}/metadata/locks`, { genres: true });

  fixture.clock.advance(1000);
  const changed = line({ summary: "New", year: 1991, publisher: "Q", genres: ["B"] });
  const report = await fixture.import(library.id, changed);
  assert.deepEqual(report.series, { created: 0, updated: 1, unchanged: 0 });
  const { metadata, provenance } = await fixture.expect(Series, "GET", `/series/${id}`);
  assert.deepEqual(
    [metadata.summary, metadata.year, metadata.publisher, metadata.genres],
    ["Mine", 1991, undefined, ["A"]],
  );
  assert.equal(provenance["year"]?.source, "import");
  assert.equal(provenance["summary"]?.source, "user");
  const history = await fixture.expect(HistoryPage, "GET", `/series/${id}/history`);
  assert.deepEqual(history.items[0]?.changes, [{ field: "year", before: 1990, after: 1991 }]);

  const again = await fixture.import(library.id, changed);
  assert.deepEqual(again.series, { created: 0, updated: 0, unchanged: 1 });
  await fixture.expect(Locks, "PUT", `/series/${id}/metadata/locks`, { genres: false });
  const unlocked = await fixture.import(library.id, changed);
  assert.equal(unlocked.series.updated, 1);
  assert.deepEqual((await fixture.find("first")).metadata.genres, ["B"]);
});

Deno.test("what a line leaves out stays", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{
    key: "s",
    title: "S",
    metadata: { summary: "Kept" },
    books: [{ key: "1", title: "One", number: 1 }],
  }]);
  const report = await fixture.import(library.id, [{
    key: "s",
    title: "S",
    books: [{ key: "2", title: "Two", number: 2 }],
  }]);
  assert.deepEqual([report.series.unchanged, report.books.created], [1, 1]);
  const series = await fixture.find("two");
  assert.deepEqual([series.metadata.summary, series.bookCount], ["Kept", 2]);
});

Deno.test("a book that moved to another series is moved, with its progress and its words", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const book = { key: "b", title: "Wanderer", number: 7 };
  await fixture.import(library.id, [{ key: "old", title: "Old", books: [book] }]);
  const [before] = await fixture.booksOf((await fixture.find("wanderer")).id);
  await fixture.call("PUT", `/api/v1/books/${before?.id}/progress`, { body: { completed: true } });

  const report = await fixture.import(library.id, [
    { key: "new", title: "New", books: [{ ...book, number: 1 }] },
  ]);
  assert.deepEqual([report.series.created, report.books.updated], [1, 1]);
  const series = await fixture.find("wanderer");
  assert.deepEqual([series.title, series.bookCount, series.booksRead], ["New", 1, 1]);
  assert.equal((await fixture.find("old")).bookCount, 0);
  const after = await fixture.expect(Book, "GET", `/books/${before?.id}`);
  assert.deepEqual([after.seriesId, after.number], [series.id, 1]);
});

Deno.test("an upload that breaks off keeps its finished batches", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const bytes = new TextEncoder().encode(toLines(CATALOGUE));
  let position = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (position > bytes.length * 0.9) return controller.error(new Error("gone"));
      controller.enqueue(bytes.slice(position, position += 8192));
    },
  });
  const reply = await fixture.upload(library.id, body);
  assert.equal(reply.status, 400);
  assert.match(await reply.text(), /broke off: 1000 series are in/);
  const [row] = await fixture.sql`select count(*)::int as count from series`;
  assert.equal(row?.["count"], 1000);

  const whole = await fixture.import(library.id, CATALOGUE);
  assert.deepEqual(whole.series, { created: 200, updated: 0, unchanged: 1000 });
});

Deno.test("imports into one library at once come out as one", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const reports = await Promise.all([
    fixture.import(library.id, CATALOGUE),
    fixture.import(library.id, CATALOGUE.toReversed()),
    fixture.import(library.id, CATALOGUE),
  ]);
  const created = reports.reduce((sum, { series }) => sum + series.created, 0);
  const unchanged = reports.reduce((sum, { books }) => sum + books.unchanged, 0);
  assert.deepEqual([created, unchanged], [1200, 2400]);
  const [row] = await fixture.sql`
    select count(*)::int as books, sum(book_count)::int as counted from books
    join series on series.id = series_id`;
  assert.deepEqual({ ...row }, { books: 1200, counted: 1200 });
});

Deno.test("edits during an import are neither lost nor in its way", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, CATALOGUE.slice(0, 100));
  const { items } = await fixture.expect(SeriesPage, "GET", "/series?limit=100");
  const changed = CATALOGUE.slice(0, 100).map((line) => ({
    ...line,
    metadata: { summary: "Imported", year: 2000 },
    books: line.books.map((book) => ({ ...book, title: `${book.title} again` })),
  }));
  const edits = items.map(async ({ id }) => {
    await fixture.expect(Series, "PATCH", `/series/${id}`, { metadata: { summary: "Mine" } });
    const [book] = await fixture.booksOf(id);
    await fixture.expect(Book, "PATCH", `/books/${book?.id}`, { metadata: { title: "Mine too" } });
  });
  await Promise.all([...edits, fixture.import(library.id, changed)]);
  await fixture.import(library.id, changed);
  const after = await fixture.expect(SeriesPage, "GET", "/series?limit=100&q=mine");
  assert.equal(after.items.length, 100);
  for (const { metadata } of after.items) {
    assert.deepEqual([metadata.summary, metadata.year], ["Mine", 2000]);
  }
});

Deno.test("an import ends with not_found when its library goes", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const lines = new TextEncoder().encode(toLines(CATALOGUE));
  let isDeleted = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (isDeleted) {
        controller.enqueue(lines);
        return controller.close();
      }
      await fixture.expect(Empty, "DELETE", `/libraries/${library.id}`);
      isDeleted = true;
      controller.enqueue(new TextEncoder().encode("\n"));
    },
  });
  assert.equal((await fixture.upload(library.id, body)).status, 404);
});

Deno.test("only NDJSON is taken, with or without parameters", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  for (const type of ["application/json", "text/plain", ""]) {
    assert.equal((await fixture.upload(library.id, "{}", type)).status, 415, type);
  }
  const type = "Application/X-NDJSON; charset=utf-8";
  assert.equal((await fixture.upload(library.id, "", type)).status, 200);
});

async function importInto(fixture: Fixture, body: BodyInit) {
  const library = await fixture.createLibrary();
  const reply = await fixture.upload(library.id, body);
  const report = ImportReport.parse(await reply.json());
  const rows = await fixture.sql`
    select series.key, series.title, book_count, series.words::text,
      (select array_agg(key order by key) from books where series_id = series.id) as books
    from series where library_id = ${library.id} order by key`;
  await fixture.expect(Empty, "DELETE", `/libraries/${library.id}`);
  return { report, rows: rows.map((row) => ({ ...row })) };
}

async function dump(fixture: Fixture): Promise<unknown[]> {
  const series = await fixture.sql`select * from series order by id`;
  const books = await fixture.sql`select * from books order by id`;
  return [...series, ...books].map((row) => ({ ...row }));
}

async function titles(fixture: Fixture): Promise<string[]> {
  const { items } = await fixture.expect(SeriesPage, "GET", "/series?limit=200");
  return items.map(({ title }) => title);
}
