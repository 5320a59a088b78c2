import assert from "node:assert/strict";
import { genresOf, tidySubjects } from "./subjects.ts";

Deno.test("headings about the copy or the site are left out, and each of the rest comes once", () => {
  const subjects = [
    "Fantasy fiction",
    "fantasy fiction",
    "In library",
    "Accessible book",
    "nyt:hardcover-fiction=2015-03-01",
    "Monsters -- Fiction.",
    "PR",
    "x".repeat(101),
  ];
  assert.deepEqual(tidySubjects(subjects), ["Fantasy fiction", "Monsters -- Fiction"]);
});

Deno.test("no more than 40 headings are kept", () => {
  assert.equal(
    tidySubjects(Array.from({ length: 500 }, (_, index) => `Topic ${index}`)).length,
    40,
  );
});

Deno.test("genres are known in each wording, and other headings are none", () => {
  const subjects = [
    "Science Fiction",
    "Fiction, science fiction, general",
    "Horror tales",
    "Fiction, romance, contemporary",
    "Dragons",
    "France -- History -- 19th century",
  ];
  assert.deepEqual(genresOf(subjects), ["Science fiction", "Horror", "Romance"]);
});
