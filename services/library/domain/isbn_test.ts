import assert from "node:assert/strict";
import { bareIsbn, isbnForms } from "./isbn.ts";

// ISBN-13 and ISBN-10 of the same editions, as the ISBN Users' Manual and publishers print them.
const PAIRS = [["9780306406157", "0306406152"], ["9780804429573", "080442957X"], [
  "9780261102217",
  "0261102214",
]] as const;

Deno.test("each form of an ISBN gives the other", () => {
  for (const [thirteen, ten] of PAIRS) {
    assert.deepEqual(isbnForms(thirteen), [thirteen, ten]);
    assert.deepEqual(isbnForms(ten), [ten, thirteen]);
  }
  assert.deepEqual(isbnForms("979-10-90636-07-1"), ["9791090636071"]);
});

Deno.test("hyphens, spaces and the word ISBN are no part of it", () => {
  assert.equal(bareIsbn("ISBN-13: 978-0-306-40615-7"), "9780306406157");
  assert.equal(bareIsbn("0 8044 2957 x"), "080442957X");
});

Deno.test("anything else is none", () => {
  for (const text of ["", "12345", "97803064061579", "abcdefghij"]) {
    assert.equal(bareIsbn(text), undefined);
    assert.deepEqual(isbnForms(text), []);
  }
});
