import assert from "node:assert/strict";
import {
  DOCUMENT_BYTES_MAX,
  EXTERNAL_ID_CHARACTERS_MAX,
  LIST_ITEMS_MAX,
  MatchAnswer,
  readWire,
  Recommendation,
  SearchAnswer,
  SUMMARY_BYTES_MAX,
  syncMethods,
  TEXT_CHARACTERS_MAX,
  TITLE_CHARACTERS_MAX,
  URL_CHARACTERS_MAX,
} from "./mod.ts";
import { RecommendationAnswer, RECOMMENDED, RESULT } from "./testing/sample_answers.ts";

const LONG_TITLE = "t".repeat(TITLE_CHARACTERS_MAX + 1);
const LONG_TEXT = "t".repeat(TEXT_CHARACTERS_MAX + 1);
const LONG_URL = "u".repeat(URL_CHARACTERS_MAX + 1);
/** Of three bytes each: few characters, too many bytes. */
const HUGE_TEXT = "書".repeat(Math.ceil(SUMMARY_BYTES_MAX / 3) + 1);
const FITTING_TEXT = "書".repeat(Math.floor(SUMMARY_BYTES_MAX / 3));
const LONG_ID = "i".repeat(EXTERNAL_ID_CHARACTERS_MAX + 1);
const MANY = Array(LIST_ITEMS_MAX + 1).fill("a");
/** Each of its parts fits, the whole doesn't. */
const BULK = Array(Math.ceil(DOCUMENT_BYTES_MAX / TITLE_CHARACTERS_MAX)).fill(LONG_TITLE.slice(1));

/**
 * What becomes of one recommendation or result with this change: the field's value, if it stays.
 */
function outcomeOf(answer: unknown, schema: typeof SearchAnswer | typeof RecommendationAnswer) {
  const read = readWire(schema, answer);
  assert.ok(read.ok);
  const { value, ignored } = read;
  return {
    items: "results" in value ? value.results : value.recommendations,
    pointers: ignored.map(({ pointer }) => pointer),
  };
}

Deno.test("what is too large in a search is left out, alone or with its result", () => {
  const search = (change: object) =>
    outcomeOf({ results: [{ ...RESULT, ...change }, RESULT] }, SearchAnswer);
  for (
    const [change, place] of [
      [{ coverUrl: LONG_URL }, "coverUrl"],
      [{ alternateTitles: MANY }, "alternateTitles"],
      [{ alternateTitles: ["a", LONG_TITLE] }, "alternateTitles/1"],
      [{ preview: { description: HUGE_TEXT.repeat(10) } }, "preview/description"],
      [{ preview: { genres: MANY } }, "preview/genres"],
      [{ preview: { authors: MANY } }, "preview/authors"],
      [{ preview: { status: LONG_TEXT } }, "preview/status"],
      [{ preview: { format: LONG_TEXT } }, "preview/format"],
    ] as const
  ) {
    const { items, pointers } = search(change);
    assert.deepEqual([items.length, pointers], [2, [`/results/0/${place}`]]);
  }
  for (const change of [{ title: LONG_TITLE }, { externalId: LONG_ID }]) {
    const { items, pointers } = search(change);
    assert.deepEqual([items.length, pointers.includes("/results/0")], [1, true]);
  }
  const { items, pointers } = search({ alternateTitles: BULK });
  assert.deepEqual([items.length, pointers], [1, ["/results/0"]]);
  const fits = search({ preview: { description: FITTING_TEXT } });
  assert.deepEqual([fits.items.length, fits.pointers], [2, []]);
});

Deno.test("what is too large in a recommendation is left out, alone or with it", () => {
  const recommend = (change: object) =>
    outcomeOf(
      { recommendations: [{ ...RECOMMENDED, ...change }, RECOMMENDED] },
      RecommendationAnswer,
    );
  for (
    const [change, place] of [
      [{ coverUrl: LONG_URL }, "coverUrl"],
      [{ externalUrl: LONG_URL }, "externalUrl"],
      [{ summary: HUGE_TEXT.repeat(10) }, "summary"],
      [{ genres: MANY }, "genres"],
      [{ genres: ["a", LONG_TEXT] }, "genres/1"],
      [{ tags: Array(90_000).fill({ name: "tag" }) }, "tags"],
      [{ tags: [{ name: "n", category: LONG_TEXT }] }, "tags/0/category"],
      [{ basedOn: MANY }, "basedOn"],
      [{ status: LONG_TEXT }, "status"],
      [{ format: LONG_TEXT }, "format"],
      [{ countryOfOrigin: LONG_TEXT }, "countryOfOrigin"],
    ] as const
  ) {
    const { items, pointers } = recommend(change);
    assert.deepEqual([items.length, pointers], [2, [`/recommendations/0/${place}`]]);
  }
  for (const change of [{ title: LONG_TITLE }, { externalId: LONG_ID }, { reason: HUGE_TEXT }]) {
    const { items, pointers } = recommend(change);
    assert.deepEqual([items.length, pointers.includes("/recommendations/0")], [1, true]);
  }
  const { items, pointers } = recommend({ basedOn: BULK });
  assert.deepEqual([items.length, pointers], [1, ["/recommendations/0"]]);
  const fits = recommend({ summary: FITTING_TEXT, reason: FITTING_TEXT });
  assert.deepEqual([fits.items.length, fits.pointers], [2, []]);
  // What was stored before there were limits stays readable.
  Recommendation.parse({ ...RECOMMENDED, title: LONG_TITLE, summary: HUGE_TEXT, genres: MANY });
});

Deno.test("of too many results, alternatives or recommendations the first stay, and it is told", () => {
  const count = 50_000;
  const several = <Item>(item: Item) => Array<Item>(count).fill(item);
  const reason = `Only the first ${LIST_ITEMS_MAX} items are taken: there are ${count}`;
  const told = (list: string) => [{ pointer: `/${list}/${LIST_ITEMS_MAX}`, reason }];
  const search = readWire(SearchAnswer, { results: several(RESULT) });
  assert.ok(search.ok);
  assert.deepEqual(search.ignored, told("results"));
  assert.equal(search.value.results.length, LIST_ITEMS_MAX);
  const match = readWire(MatchAnswer, { confidence: 1, alternatives: several(RESULT) });
  assert.ok(match.ok);
  assert.deepEqual(match.ignored, told("alternatives"));
  const recommended = readWire(RecommendationAnswer, { recommendations: several(RECOMMENDED) });
  assert.ok(recommended.ok);
  assert.deepEqual(recommended.ignored, told("recommendations"));
  assert.equal(recommended.value.recommendations.length, LIST_ITEMS_MAX);
});

Deno.test("a fault among the first results has its place, also where too many are left out", () => {
  const results: object[] = Array(LIST_ITEMS_MAX + 5).fill(RESULT);
  results[2] = { ...RESULT, title: LONG_TITLE };
  const read = readWire(SearchAnswer, { results });
  assert.ok(read.ok);
  assert.equal(read.value.results.length, LIST_ITEMS_MAX - 1);
  assert.deepEqual(read.ignored.map(({ pointer }) => pointer), [
    `/results/${LIST_ITEMS_MAX}`,
    "/results/2/title",
    "/results/2",
  ]);
});

Deno.test("an item that misses several values is left out by itself", () => {
  const results = [{ externalId: LONG_ID, title: LONG_TITLE }, RESULT];
  const read = readWire(SearchAnswer, { results });
  assert.ok(read.ok);
  assert.deepEqual(read.value.results.map(({ title }) => title), ["T"]);
  assert.deepEqual(read.ignored.map(({ pointer }) => pointer).sort(), [
    "/results/0",
    "/results/0/externalId",
    "/results/0/title",
  ]);
});

Deno.test("addresses of an account that are too long are left out", () => {
  const account = { externalId: "1", username: "u", avatarUrl: LONG_URL, profileUrl: LONG_URL };
  const read = readWire(syncMethods["sync/getUserInfo"].answer, account);
  assert.ok(read.ok);
  assert.deepEqual(read.value, { externalId: "1", username: "u" });
  assert.equal(read.ignored.length, 2);
});
