import assert from "node:assert/strict";
import fc from "fast-check";
import { storableText } from "./storable_text.ts";

Deno.test("storable text has no NUL and no half characters", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.nat({ max: 20 }),
      (text, length) => {
        const stored = storableText(text, length);
        assert.ok(stored.length <= length && !stored.includes("\u0000") && stored.isWellFormed());
      },
    ),
  );
});
