import assert from "node:assert/strict";
import {
  ApplyAnswer,
  Book,
  DOCUMENT_BYTES_MAX,
  Empty,
  HistoryPage,
  type Json,
  LIST_ITEMS_MAX,
  PreviewAnswer,
  RevertAnswer,
  Series,
  StoredExternalId,
  SUMMARY_BYTES_MAX,
  TITLE_CHARACTERS_MAX,
  URL_CHARACTERS_MAX,
} from "@codex/protocol";
import { createScene } from "../testing/enrichment_scene.ts";
import { createFixture, type Fixture } from "../testing/fixture.ts";

const HUGE_SUMMARY = "s".repeat(SUMMARY_BYTES_MAX + 1);
const MANY_TAGS = Array.from({ length: LIST_ITEMS_MAX + 1 }, (_, at) => `tag ${at}`);
const LONG_TITLE = "t".repeat(TITLE_CHARACTERS_MAX + 1);
/** Three of these are more than a document may have. */
const BULK = { a: "x".repeat(60_000), b: "y".repeat(60_000) };

/** As it was possible once. */
async function storeHuge(fixture: Fixture, id: string): Promise<void> {
  const huge = { summary: "x".repeat(3_000_000), tags: MANY_TAGS };
  await fixture.sql`
    update library.series set metadata = metadata || ${
    JSON.stringify(huge)
  }::text::jsonb where id = ${id}`;
}

Deno.test("an edit that is too large is refused, each value by its name", async () => {
  await using scene = await createScene();
  const { fixture, series, book } = scene;
  const metadata = {
    title: LONG_TITLE,
    summary: HUGE_SUMMARY,
    tags: MANY_TAGS,
    genres: ["fine", "g".repeat(1001)],
    alternateTitles: [{ title: LONG_TITLE }],
    authors: [{ name: "n".repeat(1001) }],
    externalLinks: [{ url: `https://${"u".repeat(URL_CHARACTERS_MAX)}`, label: "l" }],
    customMetadata: { notes: ["x", HUGE_SUMMARY] },
  };
  const problem = await fixture.refused("bad_request", "PATCH", `/series/${series.id}`, {
    metadata,
  });
  assert.deepEqual(problem.errors?.map(({ pointer }) => pointer).sort(), [
    "/metadata/alternateTitles/0/title",
    "/metadata/authors/0/name",
    "/metadata/customMetadata/notes/1",
    "/metadata/externalLinks/0/url",
    "/metadata/genres/1",
    "/metadata/summary",
    "/metadata/tags",
    "/metadata/title",
  ]);
  assert.match(problem.detail, /\/metadata\/tags: Must have at most 1000 items: has 1001/);
  assert.match(problem.detail, /\/metadata\/title: Must have at most 1000 characters: has 1001/);
  assert.match(problem.detail, /\/metadata\/summary: Must have at most 65536 bytes/);
  await fixture.refused("bad_request", "PATCH", `/books/${book.id}`, {
    metadata: { subjects: MANY_TAGS },
  });

  const fits = { title: "😀".repeat(TITLE_CHARACTERS_MAX), tags: MANY_TAGS.slice(1) };
  const { metadata: kept } = await fixture.expect(Series, "PATCH", `/series/${series.id}`, {
    metadata: fits,
  });
  assert.deepEqual([kept.title, kept.tags.length], [fits.title, LIST_ITEMS_MAX]);
});

Deno.test("an edit that makes the whole document too large is refused, and changes nothing", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  const url = `/series/${series.id}`;
  const first = { customMetadata: { ...BULK, c: "z".repeat(60_000) } };
  await fixture.expect(Series, "PATCH", url, { metadata: first });
  const problem = await fixture.refused("bad_request", "PATCH", url, {
    metadata: { summary: "s".repeat(60_000), tags: Array(30).fill("t".repeat(1000)) },
  });
  assert.deepEqual(problem.errors?.map(({ pointer }) => pointer), ["/metadata"]);
  assert.match(problem.detail, new RegExp(`at most ${DOCUMENT_BYTES_MAX} bytes`));
  const { metadata } = await fixture.expect(Series, "GET", url);
  assert.deepEqual([metadata.summary, metadata.tags], [undefined, []]);
});

Deno.test("what was stored before there were limits stays, can be read, and can shrink", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  await storeHuge(fixture, series.id);
  const url = `/series/${series.id}`;
  const read = await fixture.expect(Series, "GET", url);
  assert.equal(read.metadata.summary?.length, 3_000_000);

  await fixture.refused("bad_request", "PATCH", url, { metadata: { publisher: "One more field" } });
  const edited = await fixture.expect(Series, "PATCH", url, {
    metadata: { year: 1938, genres: [], summary: read.metadata.summary?.slice(0, 60_000) },
  });
  assert.deepEqual([edited.metadata.year, edited.metadata.tags.length], [1938, MANY_TAGS.length]);
  await fixture.expect(Series, "PATCH", url, { metadata: { publisher: "Now there is room" } });

  await storeHuge(fixture, series.id);
  const preview = await fixture.expect(PreviewAnswer, "POST", `${url}/metadata/preview`, request);
  const status = new Map(preview.fields.map((it) => [it.field, it.status]));
  // Genres would add to it, the summary takes most of it away.
  assert.deepEqual([status.get("summary"), status.get("tags")], ["locked", "not_provided"]);
});

Deno.test("of a plugin's answer what is too large is left out and told, the rest is written", async () => {
  await using scene = await createScene();
  const { fixture, series, answers, request } = scene;
  Object.assign(answers.series, {
    summary: HUGE_SUMMARY,
    tags: MANY_TAGS,
    genres: ["Fantasy", "g".repeat(1001), "Classic"],
    externalUrl: `https://plugin.example/${"u".repeat(URL_CHARACTERS_MAX)}`,
    year: 1e9,
  });
  const url = `/series/${series.id}/metadata`;
  const preview = await fixture.expect(PreviewAnswer, "POST", `${url}/preview`, request);
  const fields = new Map(preview.fields.map((it) => [it.field, it]));
  for (const field of ["summary", "tags", "year"]) {
    assert.equal(fields.get(field)?.status, "not_provided", field);
  }
  assert.match(fields.get("summary")?.reason ?? "", /left out: Must have at most 65536 bytes/);
  assert.match(
    fields.get("tags")?.reason ?? "",
    /left out: Must have at most 1000 items: has 1001/,
  );
  assert.match(fields.get("year")?.reason ?? "", /left out: Must be at most 9999/);
  assert.deepEqual(fields.get("genres")?.proposedValue, ["Fantasy", "Classic"]);
  assert.equal(preview.externalUrl, undefined);
  assert.deepEqual(preview.ignored.map(({ pointer }) => pointer).sort(), [
    "/externalUrl",
    "/genres/1",
    "/summary",
    "/tags",
    "/year",
  ]);

  const applied = await fixture.expect(ApplyAnswer, "POST", `${url}/apply`, {
    ...request,
    snapshot: preview.snapshot,
  });
  assert.deepEqual(applied.appliedFields.sort(), ["genres", "status", "title"]);
  const skipped = new Map(applied.skippedFields.map((it) => [it.field, it.reason]));
  assert.match(skipped.get("tags") ?? "", /1000 items/);
  assert.match(skipped.get("summary") ?? "", /65536 bytes/);
  assert.ok(applied.ignored.some(({ pointer }) => pointer === "/genres/1"));
  const { metadata } = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.deepEqual(
    [metadata.title, metadata.summary, metadata.tags, metadata.genres, metadata.year],
    ["The Hobbit", undefined, [], ["Fantasy", "Classic"], 1937],
  );

  const nothing = await fixture.expect(ApplyAnswer, "POST", `${url}/apply`, {
    ...request,
    fields: ["tags"],
  });
  assert.deepEqual([nothing.success, nothing.appliedFields], [false, []]);
});

Deno.test("a plugin's values for which a document has no room are left out, the largest first", async () => {
  await using scene = await createScene();
  const { fixture, series, answers, request } = scene;
  const names = (length: number) =>
    Array.from({ length: 150 }, (_, at) => String(at).padEnd(length, "n"));
  Object.assign(answers.series, {
    summary: "s".repeat(60_000),
    tags: names(900),
    genres: names(850),
    authors: names(20),
  });
  const url = `/series/${series.id}/metadata`;
  const preview = await fixture.expect(PreviewAnswer, "POST", `${url}/preview`, request);
  const tags = preview.fields.find(({ field }) => field === "tags");
  assert.deepEqual([tags?.status, tags?.proposedValue], ["not_provided", []]);
  assert.match(tags?.reason ?? "", /document must have at most 262144 bytes/);
  const applied = await fixture.expect(ApplyAnswer, "POST", `${url}/apply`, request);
  assert.deepEqual(applied.skippedFields.map(({ field }) => field), ["tags"]);
  const { metadata } = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.equal(metadata.genres.length, 150);
  assert.ok(JSON.stringify(metadata).length <= DOCUMENT_BYTES_MAX);
});

Deno.test("an import leaves out what is too large, tells it with its line, and takes the rest", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const line = {
    key: "s",
    title: "Title",
    metadata: { summary: HUGE_SUMMARY, tags: MANY_TAGS, genres: ["g".repeat(1001), "Fine"] },
    externalIds: [{ source: "a", externalId: "x".repeat(501) }, { source: "b", externalId: "1" }],
    books: [
      { key: "long", title: LONG_TITLE },
      { key: "b", title: "Book", metadata: { subjects: MANY_TAGS, publisher: "P" } },
    ],
  };
  const report = await fixture.import(library.id, [{ key: "first", title: "First" }, line]);
  assert.deepEqual([report.series.created, report.books.created, report.failed], [2, 1, 0]);
  const told = report.errors.map(({ line, key, detail }) => `${line} ${key} ${detail}`).sort();
  const expected = [
    /^2 b Left out \/metadata\/subjects: Must have at most 1000 items: has 1001$/,
    /^2 s Left out \/books\/0\/title: Must have at most 1000 characters$/,
    /^2 s Left out \/books\/0: Can't do without "title"$/,
    /^2 s Left out \/externalIds\/0\/externalId: Must have at most 500 characters$/,
    /^2 s Left out \/externalIds\/0: Can't do without "externalId"$/,
    /^2 s Left out \/metadata\/genres\/0: Must have at most 1000 characters: has 1001$/,
    /^2 s Left out \/metadata\/summary: Must have at most 65536 bytes in UTF-8: has 65537$/,
    /^2 s Left out \/metadata\/tags: Must have at most 1000 items: has 1001$/,
  ];
  assert.equal(told.length, expected.length, told.join("\n"));
  for (const [at, pattern] of expected.entries()) assert.match(told[at] ?? "", pattern);
  const { id, metadata } = await fixture.find("title");
  assert.deepEqual([metadata.genres, metadata.tags, metadata.summary], [["Fine"], [], undefined]);
  const [book] = await fixture.booksOf(id);
  assert.deepEqual([book?.metadata.publisher, book?.metadata.subjects], ["P", []]);

  const again = await fixture.import(library.id, [line]);
  assert.deepEqual([again.series.unchanged, again.books.unchanged], [1, 1]);
});

Deno.test("a line without a title that fits doesn't go in", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const report = await fixture.import(library.id, [{ key: "s", title: LONG_TITLE }]);
  assert.deepEqual([report.failed, report.errors[0]?.key], [1, "s"]);
  assert.match(report.errors[0]?.detail ?? "", /\/title/);
});

Deno.test("an import adds to a document only what it has room for", async () => {
  await using scene = await createScene();
  const { fixture, library, series } = scene;
  await fixture.expect(Series, "PATCH", `/series/${series.id}`, {
    metadata: { customMetadata: { ...BULK, c: "z".repeat(60_000) } },
  });
  const metadata = { summary: "s".repeat(64_000), tags: Array(20).fill("t".repeat(900)) };
  const report = await fixture.import(library.id, [
    { key: "other", title: "Other" },
    { key: "s", title: "Hobbit", metadata },
  ]);
  assert.deepEqual(report.errors.map(({ line, key }) => [line, key]), [[2, "s"]]);
  assert.match(
    report.errors[0]?.detail ?? "",
    /^Left out \/metadata\/summary: The document must have/,
  );
  const after = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.deepEqual([after.metadata.summary, after.metadata.tags.length], [undefined, 20]);

  const alone = { a: BULK, b: BULK, c: BULK };
  const whole = await fixture.import(library.id, [{
    key: "large",
    title: "Large",
    metadata: { customMetadata: alone, year: 1999 },
  }]);
  assert.match(
    whole.errors[0]?.detail ?? "",
    /^Left out \/metadata\/customMetadata: The document must/,
  );
  assert.equal((await fixture.find("large")).metadata.year, 1999);
});

Deno.test("numbers that can't be kept exactly are left out of an import line and told", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const line = `{"key":"s","title":"T","metadata":{"year":1e400,"totalVolumeCount":3,` +
    `"customMetadata":{"id":9007199254740993,"huge":[-1e999,1]}},` +
    `"books":[{"key":"b","title":"B","number":1e309,"volume":2}]}`;
  const report = await fixture.import(library.id, [line]);
  assert.deepEqual([report.series.created, report.books.created], [1, 1]);
  assert.deepEqual(report.errors.map(({ line, detail }) => `${line} ${detail}`).sort(), [
    "1 Left out /books/0/number: The number can't be kept exactly",
    "1 Left out /metadata/customMetadata/huge/0: The number can't be kept exactly",
    "1 Left out /metadata/customMetadata/id: The number can't be kept exactly",
    "1 Left out /metadata/year: The number can't be kept exactly",
  ]);
  const { id, metadata } = await fixture.find("t");
  assert.equal(metadata.year, undefined);
  assert.deepEqual(metadata.customMetadata, { huge: [1] });
  assert.equal((await fixture.booksOf(id))[0]?.number, 2);
});

Deno.test("external ids beyond their number are refused, and can be removed one by one", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  const ids = Array.from({ length: LIST_ITEMS_MAX }, (_, at) => ({
    source: "s",
    externalId: String(at),
  }));
  const url = `/series/${series.id}/external-ids`;
  const added = { source: "other", externalId: "1" };
  await fixture.expect(Series, "PATCH", `/series/${series.id}`, {
    metadata: { externalIds: ids.slice(1) },
  });
  const stored = await fixture.expect(StoredExternalId, "POST", url, added);
  const problem = await fixture.refused("bad_request", "POST", url, ids[0]);
  assert.match(problem.detail, /at most 1000 external ids/);
  // What is there already is no new one.
  await fixture.expect(StoredExternalId, "POST", url, added);

  const tooMany: Json = [...ids, ...ids.map((it) => ({ ...it, source: "t" }))];
  await fixture.sql`
    update library.series set metadata = jsonb_set(metadata, '{externalIds}',
      (metadata -> 'externalIds') || ${
    JSON.stringify(tooMany)
  }::text::jsonb) where id = ${series.id}`;
  await fixture.expect(Empty, "DELETE", `${url}/${stored.id}`);
});

Deno.test("a revert doesn't bring back what is too large today", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  await storeHuge(fixture, series.id);
  const url = `/series/${series.id}`;
  const small = { summary: "Short", tags: ["one"], year: 1950 };
  await fixture.expect(Series, "PATCH", url, { metadata: small });
  const { items } = await fixture.expect(HistoryPage, "GET", `${url}/history`);
  const { skippedFields, revertedFields } = await fixture.expect(
    RevertAnswer,
    "POST",
    `/history/${items[0]?.id}/revert`,
  );
  assert.deepEqual(revertedFields, ["year"]);
  const reasons = new Map(skippedFields.map(({ field, reason }) => [field, reason]));
  assert.match(reasons.get("summary") ?? "", /former value doesn't fit.*65536 bytes/);
  assert.match(reasons.get("tags") ?? "", /former value doesn't fit.*1000 items/);
});

Deno.test("a book's progress can be told of a book whose document is larger than allowed", async () => {
  await using scene = await createScene();
  const { fixture, book } = scene;
  const huge = { summary: "x".repeat(1_000_000), pageCount: 10 };
  await fixture.sql`
    update library.books set metadata = metadata || ${
    JSON.stringify(huge)
  }::text::jsonb where id = ${book.id}`;
  const reply = await fixture.call("PUT", `/api/v1/books/${book.id}/progress`, {
    body: { currentPage: 5 },
  });
  assert.equal(reply.status, 200, await reply.text());
  const { metadata } = await fixture.expect(Book, "GET", `/books/${book.id}`);
  assert.equal(metadata.summary?.length, 1_000_000);
});
