import assert from "node:assert/strict";
import fc from "fast-check";
import { SearchResult } from "@codex/protocol";
import { bestMatch, scoreOf } from "./match_score.ts";

function result(title: string, more: Partial<SearchResult> = {}): SearchResult {
  return { ...SearchResult.parse({ externalId: "x", title }), ...more };
}

function by(...authors: string[]): Partial<SearchResult> {
  return { preview: { genres: [], authors } };
}

const hobbit = { title: "The Hobbit", authors: ["J.R.R. Tolkien"], year: 1937 };

Deno.test("the same title scores 1, whatever its case, accents, punctuation and article", () => {
  for (const title of ["The Hobbit", "the hobbit", "Hobbit", "The  Hobbit!", "Thé Hóbbit"]) {
    assert.equal(scoreOf(hobbit, result(title)), 1, title);
  }
  assert.equal(scoreOf(hobbit, result("Der Hobbit", { alternateTitles: ["The Hobbit"] })), 1);
});

Deno.test("a known author is the same in any order of names, and another is much less", () => {
  assert.equal(scoreOf(hobbit, result("The Hobbit", by("Tolkien, J. R. R."))), 1);
  assert.ok(scoreOf(hobbit, result("The Hobbit", by("Douglas A. Anderson"))) < 0.5);
  assert.equal(scoreOf(hobbit, result("The Hobbit", by())), 1);
});

Deno.test("a year off by one counts little, more counts much, an unknown one nothing", () => {
  const score = (year?: number) => scoreOf(hobbit, result("The Hobbit", { ...(year && { year }) }));
  assert.equal(score(), 1);
  assert.equal(score(1937), 1);
  assert.ok(score(1938) > 0.9);
  assert.ok(score(1999) < 0.8);
});

Deno.test("the best result is the match, the others are alternatives in order", () => {
  const scored = bestMatch(hobbit, [
    result("The Annotated Hobbit"),
    result("The Silmarillion"),
    result("The Hobbit"),
  ]);
  assert.equal(scored.match?.title, "The Hobbit");
  assert.equal(scored.confidence, 1);
  assert.deepEqual(scored.alternatives.map(({ title }) => title), [
    "The Annotated Hobbit",
    "The Silmarillion",
  ]);
});

Deno.test("a well-filled record of another work is no match", () => {
  const rich = result("Dune", {
    year: 1937,
    coverUrl: "https://x/y",
    relevanceScore: 1,
    ...by("Tolkien"),
  });
  const scored = bestMatch(hobbit, [rich]);
  assert.equal(scored.match, undefined);
  assert.ok(scored.confidence < 0.5);
  assert.deepEqual(scored.alternatives, [rich]);
  assert.deepEqual(bestMatch(hobbit, []), { confidence: 0, alternatives: [] });
});

Deno.test("titles without letters or digits match nothing", () => {
  assert.equal(scoreOf({ title: "???", authors: [] }, result("!!!")), 0);
});

Deno.test("any titles score from 0 to 1, and the same title scores at least as high", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
    const wanted = { title: a, authors: [] };
    const score = scoreOf(wanted, result(b));
    assert.ok(score >= 0 && score <= 1);
    assert.ok(scoreOf(wanted, result(a)) >= score);
  }));
});
