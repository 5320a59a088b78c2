import assert from "node:assert/strict";
import { reasonOf, recommendationOf, summaryOf } from "./recommending.ts";

Deno.test("the reason names two series and counts the others", () => {
  assert.equal(reasonOf(["Dune"]), "Readers of Dune like it");
  assert.equal(reasonOf(["Dune", "Emma"]), "Readers of Dune and Emma like it");
  assert.equal(reasonOf(["A", "B", "C", "D"]), "Readers of A, B and 2 more of yours like it");
});

Deno.test("a summary is text: breaks become lines, other markup goes, and it ends somewhere", () => {
  assert.equal(summaryOf("One.<br><br>\n<i>Two</i> < 3.<BR/>Four"), "One.\n\nTwo < 3.\nFour");
  assert.equal(summaryOf("x".repeat(9_000))?.length, 2_000);
  assert.equal(summaryOf("<br>"), undefined);
  assert.equal(summaryOf(null), undefined);
});

Deno.test("a work of which nothing is known but its id is still a recommendation", () => {
  const bare = { mediaId: 7, media: { id: 7 }, score: 1, seedIds: [1] };
  assert.deepEqual(JSON.parse(JSON.stringify(recommendationOf(bare, ["Dune"], undefined))), {
    externalId: "7",
    externalUrl: "https://anilist.co/manga/7",
    title: "Manga 7",
    genres: [],
    tags: [],
    score: 1,
    reason: "Readers of Dune like it",
    basedOn: ["Dune"],
    inLibrary: false,
    status: "unknown",
  });
});

Deno.test("tags that give the story away are left out", () => {
  const tags = [
    { name: "Pirates", rank: 90, category: "Theme" },
    { name: "Time Loop", rank: 80, isMediaSpoiler: true },
    { name: "Twist", rank: 80, isGeneralSpoiler: true },
    { name: null },
    null,
  ];
  const ranked = { mediaId: 7, media: { tags }, score: 1, seedIds: [] };
  assert.deepEqual(recommendationOf(ranked, [], undefined).tags, [
    { name: "Pirates", rank: 90, category: "Theme" },
  ]);
});
