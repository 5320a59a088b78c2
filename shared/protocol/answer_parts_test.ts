/** What of a plugin's answer is taken where some of it isn't as it should be. */
import assert from "node:assert/strict";
import type { z } from "zod";
import { MatchAnswer, readWire, SearchAnswer, SeriesMetadata, syncMethods } from "./mod.ts";
import { RecommendationAnswer, RECOMMENDED, RESULT } from "./testing/sample_answers.ts";

function read<Schema extends z.ZodType>(schema: Schema, answer: unknown) {
  const result = readWire(schema, answer, "parts");
  assert.ok(result.ok, JSON.stringify(result));
  return { value: result.value, pointers: result.ignored.map(({ pointer }) => pointer) };
}

Deno.test("a value of a search result that isn't as it should be costs that value", () => {
  for (
    const [change, place] of [
      [{ preview: { rating: 101 } }, "preview/rating"],
      [{ preview: { rating: -1 } }, "preview/rating"],
      [{ preview: { rating: "9/10" } }, "preview/rating"],
      [{ preview: { genres: "Action" } }, "preview/genres"],
      [{ preview: { bookCount: 1.5 } }, "preview/bookCount"],
      [{ preview: "none" }, "preview"],
      [{ relevanceScore: 85 }, "relevanceScore"],
      [{ year: "1999" }, "year"],
      [{ alternateTitles: [7] }, "alternateTitles/0"],
      [{ coverUrl: "javascript:alert(1)" }, "coverUrl"],
      [{ coverUrl: "/covers/1.jpg" }, "coverUrl"],
    ] as const
  ) {
    const { value, pointers } = read(SearchAnswer, { results: [{ ...RESULT, ...change }] });
    assert.deepEqual(pointers, [`/results/0/${place}`]);
    assert.equal(value.results[0]?.title, "T", place);
  }
});

Deno.test("a rating above 10 reads as one of 100", () => {
  for (const [rating, expected] of [[0, 0], [10, 10], [10.5, 1.05], [84, 8.4], [100, 10]]) {
    const answer = { results: [{ ...RESULT, preview: { rating } }] };
    const { value, pointers } = read(SearchAnswer, answer);
    assert.deepEqual(pointers, []);
    assert.equal(value.results[0]?.preview?.rating, expected);
    // The answer is read again by the service that asked.
    assert.equal(read(SearchAnswer, value).value.results[0]?.preview?.rating, expected);
  }
});

Deno.test("an item that can't do without what is wrong or missing is left out by itself", () => {
  const results = [{ title: "no id" }, RESULT, { externalId: "2", title: 7 }, "text", null, RESULT];
  const search = read(SearchAnswer, { results });
  assert.equal(search.value.results.length, 2);
  assert.deepEqual(search.pointers.sort(), [
    "/results/0",
    "/results/2",
    "/results/2/title",
    "/results/3",
  ]);
  const recommendations = [{ ...RECOMMENDED, score: 85 }, RECOMMENDED, RESULT];
  const list = read(RecommendationAnswer, { recommendations, generatedAt: "yesterday" });
  assert.deepEqual(list.value.recommendations.map(({ score }) => score), [1]);
  assert.equal(list.value.generatedAt, undefined);
});

Deno.test("a value of a document that isn't as it should be costs that value", () => {
  const ok = { source: "a", externalId: "1" };
  const answer = {
    externalId: "1",
    externalUrl: "ftp://example.org/1",
    ageRating: -1,
    year: 20200,
    rating: { score: 101, source: "a" },
    externalRatings: [{ score: 84, source: "a" }, { score: 840, source: "b" }],
    authors: [{ name: "" }, "A"],
    externalIds: [{ source: "a", externalId: "" }, ok],
    externalLinks: [{ url: "https://example.org/1" }, { label: "nowhere" }],
    genres: "Action",
    summary: 7,
  };
  const { value, pointers } = read(SeriesMetadata, answer);
  assert.deepEqual(value.authors, [{ name: "A" }]);
  assert.deepEqual(value.externalIds, [ok]);
  assert.deepEqual(value.externalLinks, [{ url: "https://example.org/1", label: "example.org" }]);
  assert.deepEqual(value.externalRatings.map(({ score }) => score), [84]);
  assert.deepEqual(value.genres, []);
  const { externalUrl, ageRating, year, rating, summary } = value;
  assert.deepEqual(Object.values({ externalUrl, ageRating, year, rating, summary }), [
    ...Array(5).fill(undefined),
  ]);
  for (
    const pointer of [
      ...["/externalUrl", "/ageRating", "/year", "/rating", "/externalRatings/1", "/authors/0"],
      ...["/externalIds/0", "/externalLinks/1", "/genres", "/summary"],
    ]
  ) assert.ok(pointers.includes(pointer), pointer);
});

Deno.test("the account's picture is an address of the web or none", () => {
  const { value, pointers } = read(syncMethods["sync/getUserInfo"].answer, {
    ...{ externalId: "7", username: "reader", avatarUrl: "data:image/png;base64,AA" },
    profileUrl: "https://example.org/reader",
  });
  assert.deepEqual(pointers, ["/avatarUrl"]);
  assert.equal(value.profileUrl, "https://example.org/reader");
});

Deno.test("a match without a confidence that can be read is not trusted", () => {
  for (const confidence of [95, "high", undefined]) {
    const { value } = read(MatchAnswer, { match: RESULT, confidence });
    assert.equal(value.confidence, 0);
    assert.equal(value.match?.title, "T");
  }
});

Deno.test("an answer whose shape is wrong altogether is a fault", () => {
  for (
    const [schema, answer] of [
      [SearchAnswer, { results: "none" }],
      [SearchAnswer, { results: { 0: RESULT } }],
      [SearchAnswer, [RESULT]],
      [SearchAnswer, "nothing"],
      [SearchAnswer, null],
      [RecommendationAnswer, { recommendations: true }],
      [SeriesMetadata, { title: "no id" }],
      [SeriesMetadata, { externalId: 7, title: "no id that can be read" }],
      [syncMethods["sync/getUserInfo"].answer, { username: "reader" }],
    ] as const
  ) assert.equal(readWire(schema, answer, "parts").ok, false, JSON.stringify(answer));
});
