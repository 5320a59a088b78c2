import assert from "node:assert/strict";
import fc from "fast-check";
import { fromKeyText, toKeyText } from "./key_text.ts";

/** Strings of any UTF-16 code units, lone surrogates among them. */
const anyString = fc.array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

Deno.test("a usual key is stored as it is", () => {
  for (const key of ["a", "sync/state:v2", "日本 😀", "it's"]) assert.equal(toKeyText(key), key);
});

Deno.test("every key comes back from a text that PostgreSQL can hold", () => {
  fc.assert(fc.property(anyString, (key) => {
    const text = toKeyText(key);
    assert.equal(fromKeyText(text), key);
    assert.ok(text.isWellFormed());
    assert.ok(!text.includes("\0"));
  }));
});

Deno.test("a key that looks like an escape stays apart from what it looks like", () => {
  assert.notEqual(toKeyText("\\u0000"), toKeyText("\0"));
  assert.equal(fromKeyText(toKeyText("\\u0000")), "\\u0000");
});
