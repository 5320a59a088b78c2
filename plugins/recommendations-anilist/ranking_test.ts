import assert from "node:assert/strict";
import { rank } from "./ranking.ts";
import { relatedOf } from "./related_media.ts";

const related = (seedId: number, id: number, strength: number, averageScore = 70) => ({
  seedId,
  strength,
  media: { id, averageScore },
});

Deno.test("what several seeds lead to adds up, each by how much the reader likes it", () => {
  const weights = new Map([[1, 1], [2, 0.5]]);
  const ranked = rank([
    related(1, 10, 0.6),
    related(2, 11, 1),
    related(1, 12, 0.4),
    related(2, 12, 0.8),
  ], weights);
  assert.deepEqual(ranked.map(({ mediaId, score, seedIds }) => [mediaId, score, seedIds]), [
    [12, 1, [1, 2]],
    [10, 0.75, [1]],
    [11, 0.625, [2]],
  ]);
});

Deno.test("equal ones are ordered by AniList's score, then by id", () => {
  const ranked = rank(
    [related(1, 12, 1, 60), related(1, 11, 1, 80), related(1, 10, 1, 60)],
    new Map([[1, 0.5]]),
  );
  assert.deepEqual(ranked.map(({ mediaId }) => mediaId), [11, 10, 12]);
  assert.deepEqual(rank([], new Map()), []);
});

Deno.test("strength is relative to the strongest of a work; rejected ones and anime are out", () => {
  const media = (id: number, type = "MANGA") => ({ id, type });
  const nodes = [
    { rating: 200, mediaRecommendation: media(10) },
    { rating: 50, mediaRecommendation: media(11) },
    { rating: 0, mediaRecommendation: media(12) },
    { rating: -5, mediaRecommendation: media(13) },
    { rating: 500, mediaRecommendation: media(14, "ANIME") },
    { rating: 10, mediaRecommendation: null },
    { rating: null, mediaRecommendation: media(15) },
    null,
  ];
  const found = relatedOf({ id: 1, recommendations: { nodes } });
  assert.deepEqual(found.map(({ media: { id }, strength }) => [id, strength]), [
    [10, 1],
    [11, 0.25],
  ]);
  assert.deepEqual(relatedOf({ id: 1, recommendations: null }), []);
});
