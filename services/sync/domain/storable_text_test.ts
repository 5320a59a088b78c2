import assert from "node:assert/strict";
import fc from "fast-check";
import { storableText } from "./storable_text.ts";

Deno.test("storable text has no NUL and no half characters", () => {
  fc.assert(
    fc.property(
      // Any code units, halves of characters too.
      fc.array(fc.constantFrom(0, 65, 0xd83d, 0xde00, 0xffff), { maxLength: 40 })
        .map((units) => String.fromCharCode(...units)),
      fc.nat({ max: 20 }),
      (text, length) => {
        const stored = storableText(text, length);
        assert.ok(stored.length <= length && !stored.includes("\u0000") && stored.isWellFormed());
      },
    ),
  );
});
