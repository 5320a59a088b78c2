import assert from "node:assert/strict";
import fc from "fast-check";
import { STORAGE_VALUE_BYTES_MAX } from "@codex/protocol";
import { JSON_DEPTH_MAX, JSON_PARTS_MAX, shapeOf } from "./json_shape.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** Long enough to be looked at. */
const PADDING = "x".repeat(2 * JSON_DEPTH_MAX);

/** The same by walking what was parsed. */
function walk(value: unknown): { depth: number; parts: number } {
  if (typeof value !== "object" || value === null) return { depth: 0, parts: 0 };
  const children = Object.values(value).map(walk);
  return {
    depth: 1 + Math.max(0, ...children.map(({ depth }) => depth)),
    parts: 1 + Math.max(0, children.length - 1) +
      children.reduce((sum, { parts }) => sum + parts, 0),
  };
}

Deno.test("the shape of any JSON is that of what is parsed from it, whatever its texts", () => {
  const text = fc.string({ unit: fc.constantFrom('"', "\\", "[", "{", "]", "}", ",", "a", "é") });
  fc.assert(fc.property(
    fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 6 }, text, fc.jsonValue(), tie("list"), tie("object")),
      list: fc.array(tie("value"), { maxLength: 5 }),
      object: fc.dictionary(text, tie("value"), { maxKeys: 5 }),
    })).value,
    fc.constantFrom(0, 1),
    (value, space) => {
      const json = JSON.stringify([PADDING, value], null, space);
      assert.deepEqual(shapeOf(json), walk(JSON.parse(json)));
    },
  ));
});

Deno.test("any text has a shape", () => {
  fc.assert(fc.property(
    fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", ","), maxLength: 50 }),
    (text) => {
      shapeOf(PADDING + text);
    },
  ));
});

Deno.test("a text that is too short to be too deep or too full is not looked at", () => {
  assert.deepEqual(shapeOf(nested(JSON_DEPTH_MAX)), { depth: 0, parts: 0 });
  assert.equal(shapeOf(nested(JSON_DEPTH_MAX + 1)).depth, JSON_DEPTH_MAX + 1);
});

Deno.test("two million levels are counted without overflowing the stack", () => {
  assert.equal(shapeOf(nested(2_000_000)).depth, 2_000_000);
});

Deno.test("no value that may be stored has too many parts", () => {
  for (const part of ["[]", "{}", "0", '""', '{"":0}']) {
    const count = Math.floor((STORAGE_VALUE_BYTES_MAX - 1) / (part.length + 1));
    const value = `[${Array.from({ length: count }, () => part).join()}]`;
    assert.ok(value.length <= STORAGE_VALUE_BYTES_MAX);
    assert.ok(shapeOf(`{"id":1,"params":{"key":"k","data":${value}}}`).parts <= JSON_PARTS_MAX);
  }
});
