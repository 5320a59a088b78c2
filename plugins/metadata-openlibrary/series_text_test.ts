import assert from "node:assert/strict";
import { parseSeriesStatement } from "./series_text.ts";

Deno.test("the number is found in every notation and left out of the name", () => {
  const three = [
    "Discworld ; 3",
    "Discworld ; no. 3",
    "Discworld, #3",
    "Discworld #3",
    "(Discworld #3)",
    "Discworld (3)",
    "Discworld [3]",
    "Discworld -- 3",
    "Discworld — 3",
    "Discworld, 3",
    "Discworld, bk. 3",
    "Discworld, Book 3",
    "Discworld: Book Three",
    "Discworld, v. 3",
    "Discworld Vol.3",
    "Discworld, volume III",
    "Discworld ; Bd. 3.",
    "Discworld, t. 3",
    "Discworld (Book 3)",
  ];
  for (const text of three) {
    assert.deepEqual(parseSeriesStatement(text), { name: "Discworld", position: 3 }, text);
  }
});

Deno.test("fractions, totals and roman numbers are read", () => {
  assert.deepEqual(parseSeriesStatement("Dune, #0.5"), { name: "Dune", position: 0.5 });
  assert.deepEqual(parseSeriesStatement("Dune, book 2 of 6"), {
    name: "Dune",
    position: 2,
    total: 6,
  });
  assert.deepEqual(parseSeriesStatement("Dune (2/6)"), { name: "Dune", position: 2, total: 6 });
  assert.deepEqual(parseSeriesStatement("Dune, pt. XIV"), { name: "Dune", position: 14 });
});

Deno.test("numbers that belong to the name, and years, are no positions", () => {
  const names = [
    "Penguin classics",
    "Area 51",
    "Resources for parenting.",
    "Everyman's library (1992)",
    "Lectures, 1984",
    "Catch 22",
    "Notebook",
    "Works, v. ill",
  ];
  for (const name of names) assert.equal(parseSeriesStatement(name)?.position, undefined, name);
});

Deno.test("text without a name is no series", () => {
  for (const text of ["", " ", "()", "; "]) assert.equal(parseSeriesStatement(text), undefined);
});

Deno.test("an endless statement is cut before it is read", () => {
  const endless = `Discworld${" ;".repeat(500_000)} 3`;
  assert.deepEqual(parseSeriesStatement(endless), { name: "Discworld" });
});
