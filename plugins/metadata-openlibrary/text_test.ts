import assert from "node:assert/strict";
import { descriptionOf, textOf, textsOf } from "./text.ts";

Deno.test("text is read from a string and from a typed value alike", () => {
  assert.equal(textOf(" plain "), "plain");
  assert.equal(textOf({ type: "/type/text", value: "typed" }), "typed");
  for (const nothing of [undefined, null, "", "  ", 5, [], {}, { value: 1 }]) {
    assert.equal(textOf(nothing), undefined);
  }
});

Deno.test("lists keep what is text, each once, and a lone text is a list", () => {
  assert.deepEqual(textsOf(["a", null, { value: "b" }, "a", 3]), ["a", "b"]);
  assert.deepEqual(textsOf("a"), ["a"]);
  assert.deepEqual(textsOf(null), []);
});

Deno.test("a description loses the source marker and the editors' appendix", () => {
  const value =
    "A tale.\r\n\r\nOf dragons. ([source][1])\r\n\r\n----------\r\nAlso contained in:\r\n" +
    "[The Works](https://openlibrary.org/works/OL1W)\r\n\r\n  [1]: https://example.org";
  assert.equal(descriptionOf({ type: "/type/text", value }), "A tale.\n\nOf dragons.");
  assert.equal(descriptionOf("Short.\n\n[1]: https://example.org"), "Short.");
  assert.equal(descriptionOf("-----\nonly links"), "-----\nonly links");
});
