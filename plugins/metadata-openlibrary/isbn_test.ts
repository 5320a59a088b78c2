import assert from "node:assert/strict";
import fc from "fast-check";
import { isbn13sOf, parseIsbn } from "./isbn.ts";

Deno.test("both forms of one number are known from either", () => {
  const hobbit = { isbn13: "9780261102217", isbn10: "0261102214" };
  for (
    const text of ["0261102214", "978-0-261-10221-7", "ISBN 0 261 10221 4", "isbn:9780261102217"]
  ) {
    assert.deepEqual(parseIsbn(text), hobbit, text);
  }
  assert.deepEqual(parseIsbn("ISBN-13: 978‐0‐261‐10221‐7"), hobbit);
  assert.deepEqual(parseIsbn("080442957x"), { isbn13: "9780804429573", isbn10: "080442957X" });
});

Deno.test("a number with the prefix 979 has no short form", () => {
  assert.deepEqual(parseIsbn("979-10-90636-07-1"), { isbn13: "9791090636071" });
});

Deno.test("wrong check digits, lengths, prefixes and characters are refused", () => {
  const wrong = [
    "0261102215",
    "9780261102218",
    "026110221",
    "9770261102217",
    "X261102214",
    "",
    "isbn",
  ];
  for (const text of wrong) assert.equal(parseIsbn(text), undefined, text);
});

Deno.test("every short form survives the way to the long one and back", () => {
  const digits = fc.array(fc.nat(9), { minLength: 9, maxLength: 9 }).map((list) => list.join(""));
  fc.assert(fc.property(digits, (body) => {
    const valid = [..."0123456789X"].filter((check) => parseIsbn(body + check) !== undefined);
    assert.equal(valid.length, 1);
    const isbn10 = body + valid[0];
    const isbn13 = parseIsbn(isbn10)?.isbn13 ?? "";
    assert.equal(parseIsbn(isbn13)?.isbn10, isbn10);
  }));
});

Deno.test("every single wrong digit of a long form is found", () => {
  fc.assert(fc.property(fc.nat(12), fc.integer({ min: 1, max: 9 }), (position, shift) => {
    const digits = [..."9780261102217"];
    digits[position] = String((Number(digits[position]) + shift) % 10);
    assert.equal(parseIsbn(digits.join("")), undefined);
  }));
});

Deno.test("a list keeps each valid number once, as 13 digits", () => {
  assert.deepEqual(isbn13sOf(["0261102214", "bad", "9780261102217", "9791090636071"]), [
    "9780261102217",
    "9791090636071",
  ]);
});
