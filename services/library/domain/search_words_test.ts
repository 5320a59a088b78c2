import assert from "node:assert/strict";
import fc from "fast-check";
import { indexWords, queryWords, SERIES_WORDS_MAX, seriesWords, toQuery } from "./search_words.ts";

/** Whether PostgreSQL would find `texts` by `query`. */
function finds(query: string, texts: string[], isbns: string[] = []): boolean {
  const words = indexWords(texts, isbns);
  return queryWords(query).every((wanted) => words.some((word) => word.startsWith(wanted)));
}

Deno.test("a document is found by every word of it, and by the beginning of each", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
    assert.ok(finds(text, [text]));
  }));
});

Deno.test("case, accents and apostrophes don't count", () => {
  assert.ok(finds("pokemon", ["POKÉMON"]));
  assert.ok(finds("strasse", ["Straße"]));
  assert.ok(finds("lodz", ["Łódź"]));
  assert.ok(finds("enders game", ["Ender's Game"]));
  assert.ok(finds("ender’s", ["Ender's Game"]));
  assert.ok(!finds("hobbits", ["The Hobbit"]));
});

Deno.test("authors are found with and without dots between their initials", () => {
  for (const query of ["J.R.R. Tolkien", "j r r tolkien", "jrr tolk", "tolkien"]) {
    assert.ok(finds(query, ["J. R. R. Tolkien"]), query);
    assert.ok(finds(query, ["J.R.R. Tolkien"]), query);
  }
});

Deno.test("a book is found by either form of its ISBN, with hyphens or without", () => {
  for (const query of ["9780261102217", "978-0-261-10221-7", "0261102214", "0-261-10221-4"]) {
    assert.ok(finds(query, [], ["0-261-10221-4"]), query);
    assert.ok(finds(query, [], ["9780261102217"]), query);
  }
  assert.ok(finds("080442957X", [], ["0-8044-2957-x"]));
});

Deno.test("titles written without spaces are found by any part of them", () => {
  for (const query of ["進撃の巨人", "巨人", "進", "の巨"]) {
    assert.ok(finds(query, ["進撃の巨人 3"]), query);
  }
  assert.ok(!finds("巨進", ["進撃の巨人"]));
  assert.ok(finds("full 金属", ["FULL金属パニック"]));
});

Deno.test("words are letters, digits and marks alone, so that no query can break out", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
    for (const word of [...indexWords([text]), ...queryWords(text)]) {
      assert.match(word, /^[\p{L}\p{N}\p{M}]+$/u);
    }
  }));
  assert.equal(toQuery(queryWords("a' | b & !(c:*)")), "a:* & b:* & c:*");
});

Deno.test("the words of a series are its own first, and no more than an index entry holds", () => {
  const books = Array.from(
    { length: 100 },
    (_, book) => Array.from({ length: 100 }, (_, word) => `${book}x${word}`),
  );
  const words = seriesWords(["own"], books);
  assert.equal(words.length, SERIES_WORDS_MAX);
  assert.equal(words[0], "own");
});
