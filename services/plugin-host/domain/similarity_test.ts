import assert from "node:assert/strict";
import { shareAuthor, titleSimilarity } from "./similarity.ts";

Deno.test("case, accents, articles, punctuation and a bracketed ending don't count", () => {
  assert.equal(titleSimilarity("The Hobbit", "hobbit"), 1);
  assert.equal(titleSimilarity("Harry Potter (Harry Potter, #1)", "Harry Potter"), 1);
  assert.equal(titleSimilarity("Amélie!", "amelie"), 1);
  assert.equal(titleSimilarity("Ender's Game", "Enders Game"), 1);
});

Deno.test("a missing subtitle counts little, another subtitle more", () => {
  assert.equal(titleSimilarity("The Hobbit: There and Back Again", "The Hobbit"), 0.92);
  assert.ok(titleSimilarity("Dune: House Atreides", "Dune: The Butlerian Jihad") < 0.7);
});

Deno.test("titles that count differently are different", () => {
  assert.ok(titleSimilarity("One Piece, Vol. 2", "One Piece, Vol. 3") <= 0.6);
  assert.equal(
    titleSimilarity("One Piece 02", "One Piece 2"),
    titleSimilarity("One Piece 2", "One Piece 02"),
  );
});

Deno.test("unlike titles are unlike, and nothing is like nothing", () => {
  assert.ok(titleSimilarity("The Hobbit", "The Silmarillion") < 0.3);
  assert.equal(titleSimilarity("", ""), 0);
});

Deno.test("a person is recognised by surname and initials", () => {
  for (
    const name of ["Tolkien, J. R. R.", "John Ronald Reuel Tolkien", "Tolkien", "j.r.r. tolkien"]
  ) {
    assert.equal(shareAuthor(["J.R.R. Tolkien"], [name]), true, name);
  }
  assert.equal(shareAuthor(["Christopher Tolkien"], ["J.R.R. Tolkien"]), false);
  assert.equal(shareAuthor(["J.R.R. Tolkien"], ["C.S. Lewis"]), false);
  assert.equal(shareAuthor([], ["C.S. Lewis"]), undefined);
});
