import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Manifest,
  MatchAnswer,
  readWire,
  SearchAnswer,
  SeriesMetadata,
  syncMethods,
} from "./mod.ts";

function readOk<Value>(
  result:
    | { ok: true; value: Value; ignored: readonly { pointer: string; reason: string }[] }
    | { ok: false },
) {
  assert.ok(result.ok);
  return result;
}

Deno.test("null for a list or an optional field reads as missing", () => {
  const { value } = readOk(readWire(SeriesMetadata, {
    externalId: "1",
    title: null,
    genres: null,
    authors: null,
    rating: null,
  }));
  assert.deepEqual(value.genres, []);
  assert.deepEqual(value.authors, []);
  assert.equal(value.title, undefined);
});

Deno.test("an unknown value of an enumeration is left out and reported by pointer", () => {
  const { value, ignored } = readOk(readWire(SeriesMetadata, {
    externalId: "1",
    status: "paused_forever",
    authors: [{ name: "A", role: "author" }, { name: "B", role: "ghost" }],
  }));
  assert.equal(value.status, undefined);
  assert.deepEqual(value.authors, [{ name: "A", role: "author" }, { name: "B" }]);
  assert.deepEqual(ignored.map((item) => item.pointer).sort(), ["/authors/1/role", "/status"]);
});

Deno.test("an unknown member of a list of an enumeration is left out, the others stay", () => {
  const { value, ignored } = readOk(readWire(Manifest, {
    name: "p",
    displayName: "P",
    version: "1.0.0",
    protocolVersion: "1.3",
    capabilities: { metadataProvider: ["film", "series", "game", "book"] },
  }));
  assert.deepEqual(value.capabilities.metadataProvider, ["series", "book"]);
  assert.equal(ignored.length, 2);
});

Deno.test("a long list is read as a short one is, and its faults have their places", () => {
  const externalIds = Array.from({ length: 1700 }, (_, n) => ({
    source: "s",
    externalId: String(n),
  }));
  const { value } = readOk(readWire(SeriesMetadata, { externalId: "1", externalIds }));
  assert.deepEqual(value.externalIds, externalIds);
  const broken = externalIds.map((it, n) => n === 1234 ? { ...it, source: 7 } : it);
  const read = readWire(SeriesMetadata, { externalId: "1", externalIds: broken });
  assert.ok(!read.ok);
  assert.deepEqual(read.issues.map(({ pointer }) => pointer), ["/externalIds/1234/source"]);
  const authors = Array.from({ length: 1700 }, () => ({ name: "A", role: "ghost" }));
  const { value: series, ignored } = readOk(readWire(SeriesMetadata, { externalId: "1", authors }));
  assert.deepEqual([series.authors.length, ignored.length], [1700, 1700]);
  assert.equal(ignored[1600]?.pointer, "/authors/1600/role");
});

Deno.test("a list with a million faults is given up on soon", () => {
  const faults = Array(700_000).fill(0);
  for (
    const read of [
      readWire(SearchAnswer, { results: faults }),
      readWire(SeriesMetadata, { externalId: "1", tags: faults }),
    ]
  ) {
    assert.ok(!read.ok && read.issues.length < 10_000);
  }
});

Deno.test("unknown fields are ignored", () => {
  const { value } = readOk(readWire(SearchAnswer, { results: [], somethingNew: { deep: [1] } }));
  assert.deepEqual(value, { results: [] });
});

Deno.test("plain strings read as authors and alternate titles", () => {
  const { value } = readOk(readWire(SeriesMetadata, {
    externalId: "1",
    authors: ["A. Writer"],
    alternateTitles: ["Other"],
  }));
  assert.deepEqual(value.authors, [{ name: "A. Writer" }]);
  assert.deepEqual(value.alternateTitles, [{ title: "Other" }]);
});

Deno.test("match may be null", () => {
  const { value } = readOk(readWire(MatchAnswer, { match: null, confidence: 0 }));
  assert.equal(value.match, undefined);
});

Deno.test("a wrong type fails with its pointer", () => {
  const result = readWire(SeriesMetadata, { externalId: "1", rating: { score: "high" } });
  assert.ok(!result.ok);
  assert.ok(result.issues.some((issue) => issue.pointer === "/rating/score"));
});

Deno.test("older credential fields are understood", () => {
  const { value } = readOk(readWire(Manifest, {
    name: "p",
    displayName: "P",
    version: "1.0.0",
    protocolVersion: "1.0",
    requiredCredentials: [
      { key: "a", label: "A", credentialType: "oauth", required: true },
      { key: "b", label: "B", credentialType: "string" },
    ],
  }));
  assert.deepEqual(value.requiredCredentials.map((field) => field.type), ["password", "text"]);
});

Deno.test("deep nesting is refused before anything recurses into it", () => {
  const deep = JSON.parse("[".repeat(5000) + "]".repeat(5000)) as unknown;
  const result = readWire(SeriesMetadata, { externalId: "1", customMetadata: { deep } });
  assert.ok(!result.ok);
});

Deno.test("reading never throws and never changes its input", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (raw) => {
    const before = JSON.stringify(raw);
    readWire(SeriesMetadata, raw);
    readWire(Manifest, raw);
    assert.equal(JSON.stringify(raw), before);
  }));
});

Deno.test("prototype names as keys stay plain data", () => {
  const raw = JSON.parse(
    '{"externalId":"1","status":"odd","__proto__":{"polluted":true}}',
  ) as unknown;
  readOk(readWire(SeriesMetadata, raw));
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

Deno.test("a value outside its range is left out and reported, with the item that needs it", () => {
  const long = "x".repeat(501);
  const { value, ignored } = readOk(readWire(SeriesMetadata, {
    externalId: "1",
    year: 123_456,
    bookType: "b",
    authors: ["", "B", { name: "C", sortName: "c" }],
    externalIds: [null, { source: "a", externalId: long }, { source: "b", externalId: "2" }],
    rating: { score: 101, source: "s" },
  }));
  assert.equal(value.year, undefined);
  assert.deepEqual(value.authors, [{ name: "B" }, { name: "C", sortName: "c" }]);
  assert.deepEqual(value.externalIds, [{ source: "b", externalId: "2" }]);
  assert.equal(value.rating, undefined);
  assert.deepEqual(ignored.map(({ pointer, reason }) => `${pointer} ${reason}`).sort(), [
    "/authors/0 Must not be empty",
    '/externalIds/1 Can\'t do without "externalId"',
    "/externalIds/1/externalId Must have at most 500 characters",
    '/rating Can\'t do without "score"',
    "/rating/score Must be at most 100",
    "/year Must be at most 9999",
  ]);
});

Deno.test("what the whole can't do without is not left out", () => {
  const read = readWire(SeriesMetadata, { externalId: "" });
  assert.ok(!read.ok);
  assert.deepEqual(read.issues, [{ pointer: "/externalId", message: "Is missing" }]);
});

Deno.test("a number that reads as infinite is left out and reported, the rest stays", () => {
  const raw = JSON.parse(
    '{"entries":[{"externalId":"1","progress":{"volumes":1e400,"chapters":2}},[-1e999,3]]}',
  );
  const { value, ignored } = readOk(readWire(syncMethods["sync/pullProgress"].answer, raw));
  assert.deepEqual(value.entries, [{ externalId: "1", progress: { chapters: 2 } }, [3]]);
  assert.deepEqual(ignored.map(({ pointer }) => pointer), [
    "/entries/0/progress/volumes",
    "/entries/1/0",
  ]);
});
