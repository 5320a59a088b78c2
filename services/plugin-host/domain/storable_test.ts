import assert from "node:assert/strict";
import { findUnstorable } from "./storable.ts";

Deno.test("what jsonb refuses is found in values and keys at any depth, and named by its place", () => {
  assert.equal(findUnstorable({ a: ["x", { b: "\0" }] }), "/a/1/b: Holds the character NUL");
  assert.equal(findUnstorable({ a: { "x\0": 1 } }), "/a: A key holds the character NUL");
  assert.match(findUnstorable({ a: "\ud83d" }) ?? "", /^\/a: Holds half of a character/);
  assert.match(findUnstorable({ "\ude00": 1 }) ?? "", /^\/: A key holds half of a character/);
  assert.match(findUnstorable("\0") ?? "", /^\/: /);
});

Deno.test("any other JSON can be stored", () => {
  for (const value of [null, 1, true, "😀 \u0001 \uffff", ["\\u0000"], { "é": { "": [] } }]) {
    assert.equal(findUnstorable(value), undefined);
  }
});
