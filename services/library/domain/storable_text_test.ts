import assert from "node:assert/strict";
import fc from "fast-check";
import { mayNeedReplacing, storable, storableText } from "./storable_text.ts";

Deno.test("U+0000 and lone surrogates become U+FFFD, everything else stays", () => {
  assert.equal(storableText("a\u0000b\ud800c🎈"), "a\uFFFDb\uFFFDc🎈");
  assert.deepEqual(storable({ "k\u0000": ["\udc00", 1, null] }), {
    "k\uFFFD": ["\uFFFD", 1, null],
  });
});

Deno.test("the quick look at JSON text misses nothing that needs replacing", () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
    const json = value as Parameters<typeof storable>[0];
    const text = JSON.stringify(value);
    if (!mayNeedReplacing(text)) assert.equal(JSON.stringify(storable(json)), text);
  }));
});
