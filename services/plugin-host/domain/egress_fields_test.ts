import assert from "node:assert/strict";
import fc from "fast-check";
import { assertFastEnough } from "../testing/fast_enough.ts";
import { sentShape } from "./egress_fields.ts";

Deno.test("nested fields and those of lists are named once, and entries counted", () => {
  const shape = sentShape({
    entries: [
      { externalId: "1", progress: { volumes: 3 }, tags: ["a", "b"] },
      { externalId: "2", progress: { chapters: 4 }, notes: undefined, people: [] },
    ],
    excludeIds: ["1", "2", "3"],
    limit: 5,
  });
  assert.deepEqual(shape, {
    fields: [
      "entries.externalId",
      "entries.people",
      "entries.progress.chapters",
      "entries.progress.volumes",
      "entries.tags",
      "excludeIds",
      "limit",
    ],
    entries: 2,
  });
  assert.deepEqual(sentShape({ query: "x" }), { fields: ["query"], entries: 0 });
  assert.deepEqual(sentShape({ ids: ["a", "b"] }), { fields: ["ids"], entries: 2 });
  assert.deepEqual(sentShape({}), { fields: [], entries: 0 });
});

Deno.test("keys that people choose are not told", () => {
  const { fields } = sentShape({ entries: [{ customMetadata: { "my secret shelf": 1 } }] });
  assert.deepEqual(fields, ["entries.customMetadata"]);
});

Deno.test("whatever is sent, no text value is among the names, and they are bounded", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (params) => {
    const names = new Set<string>();
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [name, part] of Object.entries(value)) {
        names.add(name);
        walk(part);
      }
    };
    walk(params);
    const { fields } = sentShape(params);
    assert.ok(fields.length <= 200);
    for (const field of fields) {
      assert.ok([...names].some((name) => field.includes(name.slice(0, 100))), field);
    }
  }));
});

Deno.test("a long list costs little", async () => {
  const entries = Array.from({ length: 10_000 }, (_, index) => ({
    seriesId: String(index),
    title: "x",
    externalIds: [{ source: "a", externalId: "b" }],
  }));
  await assertFastEnough(500, () => {
    const startedAt = performance.now();
    assert.equal(sentShape({ library: entries }).entries, 10_000);
    return performance.now() - startedAt;
  });
});

Deno.test("names are cut and cleaned into text that the database takes", () => {
  const { fields } = sentShape({ [`${"x".repeat(99)}😀`]: 1, "a\0b": 2 });
  assert.deepEqual(fields, ["a\ufffdb", `${"x".repeat(99)}\ufffd`]);
});
