import assert from "node:assert/strict";
import { titleSort } from "./title_sort.ts";

Deno.test("a leading article moves to the end, case and accents are folded", () => {
  assert.equal(titleSort("The Hobbit"), "hobbit, the");
  assert.equal(titleSort("An Élan"), "elan, an");
  assert.equal(titleSort("A"), "a");
  assert.equal(titleSort("Theory of Everything"), "theory of everything");
  assert.equal(titleSort("  'Salem's   Lot"), "salem's lot");
});

Deno.test("volume 10 comes after volume 9, whatever zeros are written", () => {
  const titles = ["Berserk 10", "Berserk 9", "Berserk 009", "Berserk 1"];
  assert.deepEqual(titles.toSorted(bySort), [
    "Berserk 1",
    "Berserk 9",
    "Berserk 009",
    "Berserk 10",
  ]);
});

Deno.test("a title of punctuation alone keeps a sort form", () => {
  assert.equal(titleSort("!!!"), "!!!");
});

Deno.test("the sort form of the longest title fits an index entry", () => {
  for (const title of ["1 ".repeat(1000), "𝕏".repeat(1000), "漢".repeat(2000)]) {
    assert.ok(new TextEncoder().encode(titleSort(title)).length <= 1024);
  }
});

function bySort(left: string, right: string): number {
  const [first, second] = [titleSort(left), titleSort(right)];
  return first < second ? -1 : first > second ? 1 : 0;
}
