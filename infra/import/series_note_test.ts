import assert from "node:assert/strict";
import { readTitle } from "./series_note.ts";

Deno.test("the series in brackets is read and taken off the title", () => {
  assert.deepEqual(readTitle("Catching Fire (The Hunger Games, #2)"), {
    title: "Catching Fire",
    places: [{ name: "The Hunger Games", number: 2 }],
  });
});

Deno.test("a number is read however it is written", () => {
  const places: [string, object[]][] = [
    ["Dune (Dune Chronicles #1)", [{ name: "Dune Chronicles", number: 1 }]],
    ["Beyond Exile (Day by Day Armageddon,# 2)", [{ name: "Day by Day Armageddon", number: 2 }]],
    ["Four (Divergent, #0.1 - 0.4)", [{ name: "Divergent", number: 0.1, numbers: "0.1-0.4" }]],
    ["Plays (The Theban Plays, #1–3)", [{ name: "The Theban Plays", number: 1, numbers: "1-3" }]],
    ["Saga (Twilight, #1-4 + 3.5)", [{ name: "Twilight", number: 1, numbers: "1-4 + 3.5" }]],
    ["End (The Selection, #0.4, 0.5, 2.5)", [
      { name: "The Selection", number: 0.4, numbers: "0.4, 0.5, 2.5" },
    ]],
    ["Steel (A Song of Ice and Fire, #3: Part 1 of 2)", [{
      name: "A Song of Ice and Fire",
      number: 3,
    }]],
    ["Order (Harry Potter, #5, Part 1)", [{ name: "Harry Potter", number: 5 }]],
    ["Tower (Memory, Sorrow, and Thorn, #3; Part 2)", [
      { name: "Memory, Sorrow, and Thorn", number: 3 },
    ]],
    ["Dominion (Imajica Part #1/2)", [{ name: "Imajica", number: 1 }]],
    ["Ranma ½, Vol. 1 (Ranma ½ (US 2nd), #1)", [{ name: "Ranma ½ (US 2nd)", number: 1 }]],
  ];
  for (const [title, expected] of places) {
    assert.deepEqual(readTitle(title).places, expected, title);
  }
});

Deno.test("several series are read in order", () => {
  assert.deepEqual(readTitle("Raising Steam (Discworld, #40, Moist von Lipwig #3 )").places, [
    { name: "Discworld", number: 40 },
    { name: "Moist von Lipwig", number: 3 },
  ]);
  const drizzt = "Collected (Forgotten Realms: Dark Elf Trilogy, #1-3; Legend of Drizzt, #1-3)";
  assert.deepEqual(readTitle(drizzt).places.map(({ name }) => name), [
    "Forgotten Realms: Dark Elf Trilogy",
    "Legend of Drizzt",
  ]);
});

Deno.test("other brackets and numbers belong to the title", () => {
  const titles = [
    "The Firm (Penguin Readers, Level 5)",
    "Nickel and Dimed: On (Not) Getting By in America",
    "Saga #1",
    "#GIRLBOSS",
    "Nancy Drew: #1-64",
    "Odd (#1)",
    "Open (Series, #1",
  ];
  for (const title of titles) assert.deepEqual(readTitle(title), { title, places: [] });
});

Deno.test("spaces are tidied, and a title that is nothing but its note takes the series' name", () => {
  assert.equal(
    readTitle("  The Twilight Saga  Complete  (Twilight, #1)").title,
    "The Twilight Saga Complete",
  );
  assert.equal(readTitle("(Twilight, #1)").title, "Twilight");
});
