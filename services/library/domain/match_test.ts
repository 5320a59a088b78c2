import assert from "node:assert/strict";
import { SearchResult } from "@codex/protocol";
import { chooseResult, confidenceOf, type MatchSubject, subjectOf } from "./match.ts";

const HOBBIT: MatchSubject = {
  titles: ["The Hobbit"],
  authors: ["J.R.R. Tolkien"],
  year: 1937,
  isbn: undefined,
};

function result(title: string, author?: string, year?: number, externalId = title): SearchResult {
  return SearchResult.parse({
    externalId,
    title,
    ...(year !== undefined && { year }),
    ...(author !== undefined && { preview: { authors: [author] } }),
  });
}

Deno.test("title, author and year together are a certain match", () => {
  assert.equal(confidenceOf(HOBBIT, result("The Hobbit", "Tolkien", 1937), false), 1);
  const decision = chooseResult(HOBBIT, [
    result("The Lord of the Rings", "J.R.R. Tolkien", 1954),
    result("The Hobbit", "J.R.R. Tolkien", 1937),
  ], false);
  assert.ok(decision.sure);
  assert.equal(decision.result.title, "The Hobbit");
});

Deno.test("a well-filled record of another book is no match", () => {
  const other = SearchResult.parse({
    externalId: "1",
    title: "The Hobbit Companion",
    year: 1997,
    coverUrl: "https://example.org/c.jpg",
    relevanceScore: 1,
    preview: { description: "…", rating: 10, authors: ["David Day"], genres: ["a"], bookCount: 3 },
  });
  const decision = chooseResult(HOBBIT, [other], false);
  assert.ok(!decision.sure);
  assert.match(decision.reason, /Hobbit Companion.*unsure/);
});

Deno.test("the same title by somebody else is no match", () => {
  assert.ok(confidenceOf(HOBBIT, result("The Hobbit", "Charles Dixon", 1937), false) <= 0.5);
});

Deno.test("two records that fit equally well are left to a person", () => {
  const decision = chooseResult(HOBBIT, [
    result("The Hobbit", "Tolkien", 1937, "1"),
    result("The Hobbit", "Tolkien", 1937, "2"),
  ], false);
  assert.ok(!decision.sure);
  assert.match(decision.reason, /equally/);
});

Deno.test("a record found by ISBN matches under another edition's title", () => {
  const edition = result("The Hobbit, or There and Back", "Tolkien", 1997);
  assert.ok(confidenceOf(HOBBIT, edition, true) >= 0.9);
  assert.ok(confidenceOf(HOBBIT, result("Moby Dick"), true) < 0.5);
});

Deno.test("no results are no match", () => {
  assert.deepEqual(chooseResult(HOBBIT, [], false), {
    sure: false,
    reason: "The plugin found nothing",
  });
});

Deno.test("the subject of a book has its other titles and its first good ISBN", () => {
  const fields = { title: "Dune", subtitle: "A Novel", isbn: "none", isbns: ["0-441-17271-7"] };
  const subject = subjectOf("book", fields, undefined);
  assert.deepEqual(subject.titles, ["Dune", "Dune: A Novel"]);
  assert.equal(subject.isbn, "0441172717");
  assert.deepEqual(subjectOf("book", fields, "Dune 1965"), {
    titles: ["Dune 1965"],
    authors: [],
    year: undefined,
    isbn: undefined,
  });
});
