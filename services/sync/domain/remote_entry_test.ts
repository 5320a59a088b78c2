import assert from "node:assert/strict";
import fc from "fast-check";
import { PulledProgress } from "@codex/protocol";
import { combineById, newsOf, readRemoteEntry, RemoteEntry } from "./remote_entry.ts";

const read = (raw: unknown) => {
  const result = readRemoteEntry(raw);
  assert.ok(result.ok, JSON.stringify(result));
  return result.entry;
};
const entry = (change: Partial<RemoteEntry> = {}): RemoteEntry => ({
  externalId: "1",
  status: "reading",
  ...change,
});
const withRating = { withRating: true };

Deno.test("an entry is read with nulls, unknown fields and a score of 0 for none", () => {
  assert.deepEqual(
    read({
      externalId: "1",
      status: "on_hold",
      score: 0,
      notes: null,
      progress: { volumes: 3, chapters: null, anything: 1 },
      tags: null,
      more: {},
    }),
    { externalId: "1", status: "on_hold", volumes: 3 },
  );
  assert.equal(read({ externalId: "1", status: "reading", progress: { maxVolume: 4 } }).volumes, 4);
});

Deno.test("an entry that is not of its shape is told with its id", () => {
  const faults: [unknown, string | undefined][] = [
    [{ externalId: "7", status: "rereading_forever" }, "7"],
    [{ externalId: "7", status: "reading", progress: { volumes: -1 } }, "7"],
    [{ externalId: 7, status: "reading" }, "7"],
    [{ externalId: "", status: "reading" }, undefined],
    [{ externalId: "x".repeat(501), status: "reading" }, undefined],
    [{ externalId: "a\u0000", status: "reading" }, undefined],
    [null, undefined],
    ["text", undefined],
  ];
  for (const [raw, externalId] of faults) {
    const result = readRemoteEntry(raw);
    assert.equal(result.ok, false);
    assert.equal(!result.ok && result.externalId, externalId);
  }
});

Deno.test("an entry told twice counts once, with the higher numbers", () => {
  assert.deepEqual(
    combineById([
      entry({ volumes: 5, status: "completed" }),
      entry({ externalId: "2" }),
      entry({ volumes: 3, chapters: 9, title: "T" }),
    ]),
    [
      entry({ volumes: 5, chapters: 9, status: "completed", title: "T" }),
      entry({ externalId: "2" }),
    ],
  );
});

Deno.test("only what the service knows from elsewhere is news", () => {
  const told = { status: "reading" as const, volumes: 2, maxVolume: 5, maxChapter: 20, idle: [] };
  assert.deepEqual(newsOf(entry({ volumes: 5, chapters: 20 }), told, withRating), ENTRY);
  assert.deepEqual(newsOf(entry({ volumes: 2, chapters: 2 }), told, withRating), ENTRY);
  assert.deepEqual(newsOf(entry({ volumes: 6, chapters: 21 }), told, withRating), {
    ...ENTRY,
    volumes: 6,
    chapters: 21,
  });
  assert.deepEqual(newsOf(entry({ volumes: 1 }), undefined, withRating), { ...ENTRY, volumes: 1 });
});
const ENTRY = { externalId: "1" };

Deno.test("ratings come only where they are synced, as whole numbers from 1 to 100", () => {
  const rated = (score: number) =>
    newsOf(entry({ score, notes: "N" }), undefined, withRating).rating;
  assert.deepEqual([0.2, 49.6, 100].map(rated), [1, 50, 100]);
  const without = newsOf(entry({ score: 5, notes: "N" }), undefined, { withRating: false });
  assert.deepEqual(without, ENTRY);
  // Notes belong to a rating.
  assert.equal(newsOf(entry({ notes: "N" }), undefined, withRating).notes, undefined);
});

Deno.test("a value that isn't as it should be costs that value, but progress the entry", () => {
  const raw = { externalId: "1", status: "reading", progress: { volumes: 3 } };
  const read = (change: object) => readRemoteEntry({ ...raw, ...change });
  for (
    const [change, pointer] of [
      [{ score: 101 }, "/score"],
      [{ score: "8/10" }, "/score"],
      [{ startedAt: "last spring" }, "/startedAt"],
      [{ notes: 7 }, "/notes"],
      [{ title: ["T"] }, "/title"],
    ] as const
  ) {
    const result = read(change);
    assert.ok(result.ok, pointer);
    assert.deepEqual(result.entry, { externalId: "1", status: "reading", volumes: 3 });
    assert.deepEqual(result.notKept.map((it) => it.split(":")[0]), [pointer]);
  }
  for (const progress of [{ volumes: -1 }, { chapters: "12" }, { volumes: 3, pages: 1e400 }, "3"]) {
    const result = read({ progress });
    assert.ok(!result.ok && result.externalId === "1");
    assert.match(result.reason, /^\/progress/);
  }
});

Deno.test("a title or notes that are too large are left out or cut, and told; the rest counts", () => {
  const outcome = (change: object) => {
    const result = readRemoteEntry({ externalId: "1", status: "reading", ...change });
    assert.ok(result.ok);
    const { entry: { title, notes }, notKept } = result;
    return [title?.length, notes?.length, ...notKept];
  };
  assert.deepEqual(outcome({ title: "t".repeat(1000), notes: "n".repeat(10_000) }), [1000, 10_000]);
  assert.deepEqual(outcome({ title: "😀".repeat(1000) }), [2000, undefined]);
  assert.deepEqual(outcome({ title: "t".repeat(1001), notes: "n".repeat(10_001) }), [
    undefined,
    10_000,
    "/title: Must have at most 1000 characters",
    "/notes: Cut to 10000 characters",
  ]);
  assert.deepEqual(outcome({ title: "T", notes: "n".repeat(65_537) }), [
    1,
    undefined,
    "/notes: Must have at most 65536 bytes in UTF-8",
  ]);
});

Deno.test("an entry that is larger than a document may be is skipped, and told with its id", () => {
  for (
    const change of [{ tags: Array(300).fill("t".repeat(1000)) }, { metadata: "x".repeat(270_000) }]
  ) {
    const result = readRemoteEntry({ externalId: "7", status: "reading", ...change });
    assert.ok(!result.ok);
    assert.equal(result.externalId, "7");
    assert.match(result.reason, /Must have at most 262144 bytes as JSON: has \d+/);
  }
});

Deno.test("reading never throws, and what it gives is of its shape", () => {
  // Any code units, halves of characters too: fast-check's own "binary" takes seconds to be made.
  const text = fc.array(fc.constantFrom(0, 65, 0xd83d, 0xde00, 0xffff))
    .map((units) => String.fromCharCode(...units));
  const field = fc.oneof(fc.string(), fc.double(), fc.constantFrom(null, "reading", [], {}));
  const raw = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record({
      externalId: text,
      status: fc.constantFrom("reading", "completed", "dropped"),
      progress: fc.record({ volumes: field, chapters: field }, { requiredKeys: [] }),
      score: field,
      notes: text,
      title: text,
    }, { requiredKeys: [] }),
  );
  fc.assert(fc.property(raw, (value) => {
    const result = readRemoteEntry(value);
    if (!result.ok) return;
    RemoteEntry.parse(result.entry);
    PulledProgress.parse(newsOf(result.entry, undefined, withRating));
    assert.equal(JSON.stringify(result.entry).includes("\\u0000"), false);
  }));
});
