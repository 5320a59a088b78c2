import assert from "node:assert/strict";
import fc from "fast-check";
import { ConnectionId, type Recommendation } from "@codex/protocol";
import { mergeRecommendations, type SourceList } from "./merge_recommendations.ts";

const CONNECTIONS = [1, 2, 3].map((n) =>
  ConnectionId.parse(`00000000-0000-4000-8000-00000000000${n}`)
);

const item = (externalId: string, title: string, score: number): Recommendation => ({
  externalId,
  title,
  score,
  reason: "",
  genres: [],
  tags: [],
  basedOn: [],
  inLibrary: false,
});
const list = (
  place: number,
  externalIdSource: string | undefined,
  items: readonly Recommendation[],
  dismissed: readonly string[] = [],
): SourceList<number> => ({
  connectionId: CONNECTIONS[place]!,
  externalIdSource,
  source: place,
  items,
  dismissed: new Set(dismissed),
});
const shape = (lists: readonly SourceList<number>[]) =>
  mergeRecommendations(lists).map(({ item, by }) => [item.title, by.map(({ source }) => source)]);

Deno.test("the same id of the same source is one, of different sources it is not", () => {
  const [one, two] = [item("1", "One", 0.5), item("1", "Uno", 0.9)];
  assert.deepEqual(shape([list(0, "api:a", [one]), list(1, "api:a", [two])]), [["Uno", [1, 0]]]);
  assert.deepEqual(shape([list(0, "api:a", [one]), list(1, "api:b", [two])]), [
    ["Uno", [1]],
    ["One", [0]],
  ]);
  assert.equal(shape([list(0, undefined, [one]), list(1, undefined, [two])]).length, 2);
});

Deno.test("what was dismissed anywhere is gone with all that it was merged with", () => {
  const lists = [
    list(0, "api:a", [item("1", "Pluto", 0.5)], ["1"]),
    list(1, "api:b", [item("9", "PLUTO", 0.9), item("2", "Monster", 0.1)]),
  ];
  assert.deepEqual(shape(lists), [["Monster", [1]]]);
});

Deno.test("what was dismissed stays so where another of the same source comes to recommend it", () => {
  const dismissing = list(0, "api:a", [], ["1"]);
  assert.deepEqual(shape([dismissing, list(1, "api:a", [item("1", "Pluto", 0.5)])]), []);
  assert.equal(shape([dismissing, list(1, "api:b", [item("1", "Other", 0.5)])]).length, 1);
});

Deno.test("every recommendation is in exactly one group, none that was dismissed, best first", () => {
  const drawn = fc.record({
    id: fc.constantFrom("1", "2", "3"),
    title: fc.constantFrom("A", "a!", "B", "", "C"),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const lists = fc.array(
    fc.record({
      source: fc.constantFrom("api:a", "api:b", undefined),
      items: fc.uniqueArray(drawn, { selector: ({ id }) => id, maxLength: 3 }),
      dismissed: fc.uniqueArray(fc.constantFrom("1", "2", "3"), { maxLength: 1 }),
    }),
    { maxLength: 3 },
  );
  fc.assert(fc.property(lists, (all) => {
    const given = all.map(({ source, items, dismissed }, place) =>
      list(place, source, items.map(({ id, title, score }) => item(id, title, score)), dismissed)
    );
    const merged = mergeRecommendations(given);
    const seen = new Set<string>();
    for (const { item: best, by } of merged) {
      assert.equal(best.score, Math.max(...by.map(({ item }) => item.score)));
      assert.equal(new Set(by.map(({ source }) => source)).size, by.length);
      for (const { source, item: { externalId } } of by) {
        assert.equal(given[source]?.dismissed.has(externalId), false);
        assert.equal(seen.has(`${source} ${externalId}`), false);
        seen.add(`${source} ${externalId}`);
      }
    }
    const scores = merged.map(({ item }) => item.score);
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  }));
});
