import assert from "node:assert/strict";
import { titleSimilarity } from "./title_similarity.ts";

Deno.test("case, accents, punctuation and remarks in brackets don't matter", () => {
  const pairs: [string, string][] = [
    ["One Piece", "ONE PIECE"],
    ["Dragon Ball", "Dragon Ball (1984) [Digital]"],
    ["Pokémon Adventures", "Pokemon Adventures"],
    ["Hell's Paradise: Jigokuraku", "Hells Paradise - Jigokuraku"],
    ["Spice & Wolf", "Spice and Wolf"],
    ["進撃の巨人", "進撃の巨人"],
    ["Volume 07", "Volume 7"],
  ];
  for (const [a, b] of pairs) assert.equal(titleSimilarity(a, b), 1, `${a} / ${b}`);
});

Deno.test("titles with other numbers, or with nothing in them, are never alike", () => {
  assert.equal(titleSimilarity("JoJo Part 2", "JoJo Part 3"), 0);
  assert.equal(titleSimilarity("20th Century Boys", "21st Century Boys"), 0);
  assert.equal(titleSimilarity("Gantz", "Gantz 2"), 0);
  assert.equal(titleSimilarity("", ""), 0);
  assert.equal(titleSimilarity("!!!", "???"), 0);
});

Deno.test("it is the same in both directions, from 0 to 1, and falls as titles differ", () => {
  const near = titleSimilarity("Attack on Titan", "Atack on Titan");
  const far = titleSimilarity("Attack on Titan", "Titan A.E.");
  assert.ok(near > 0.9 && near < 1, `${near}`);
  assert.ok(far < 0.6, `${far}`);
  assert.equal(titleSimilarity("Titan A.E.", "Attack on Titan"), far);
  assert.equal(titleSimilarity("abc", "xyz"), 0);
  assert.equal(titleSimilarity("a", "b"), 0);
});

Deno.test("a title that is nothing but a remark keeps it", () => {
  assert.equal(titleSimilarity("(Untitled)", "Untitled"), 1);
});
