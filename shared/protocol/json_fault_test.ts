import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonFault, withoutMark } from "./mod.ts";

Deno.test("a text that is no JSON is told with line and column", () => {
  for (
    const [text, place, what] of [
      ['{"a":1,}', "line 1, column 8", "Expected double-quoted property name"],
      ['{\n "a": 1\n "b": 2}', "line 3, column 2", "Expected ',' or '}' after property value"],
      ['{\n  // c\n  "a":1}', "line 2, column 3", "Expected property name or '}'"],
      ['{"a": "x\ny"}', "line 1, column 9", "Bad control character in string literal"],
      ['{"a":\n  True}', "line 2, column 3", 'Unexpected "T"'],
      ['{"a": undefined}', "line 1, column 7", 'Unexpected "u"'],
      ['{"a": "b", "c": nul}', "line 1, column 20", 'Unexpected "}"'],
      ['{"😀": ☃}', "line 1, column 7", 'Unexpected "☃"'],
      ["\u{feff}name: echo", "line 1, column 2", 'Unexpected "a"'],
      ["", "line 1, column 1", "The text ends too soon"],
      ['{\n"a":', "line 2, column 5", "The text ends too soon"],
    ] as const
  ) assert.equal(jsonFault(text), `Is not JSON: ${place}: ${what}`);
});

Deno.test("any text is either JSON or has a place where it stops to be", () => {
  const cut = fc.tuple(fc.json(), fc.nat(), fc.string()).map(([text, at, more]) =>
    text.slice(0, at % (text.length + 1)) + more
  );
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), cut), (text) => {
    const isJson = isJsonText(withoutMark(text));
    const fault = jsonFault(text);
    if (isJson) assert.equal(fault, undefined);
    else assert.match(fault ?? "", /^Is not JSON: line \d+, column \d+: /);
  }));
});

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
