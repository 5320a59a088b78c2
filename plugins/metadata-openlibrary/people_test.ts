import assert from "node:assert/strict";
import { contributionOf, displayName, peopleOf } from "./people.ts";
import { readEdition } from "./records.ts";

Deno.test("contributions become names with roles, however they are written", () => {
  const expected: [string, string, string | undefined, string][] = [
    ["Moxley, Sheila, ill.", "Sheila Moxley", "Moxley, Sheila", "illustrator"],
    ["Newell, Stephanie, 1968-", "Stephanie Newell", "Newell, Stephanie", "contributor"],
    ["Alan Lee (Illustrator)", "Alan Lee", undefined, "illustrator"],
    ["Scherf, Walter, tr.", "Walter Scherf", "Scherf, Walter", "translator"],
    ["Lee, Alan, 1947- (Cover artist)", "Alan Lee", "Lee, Alan", "cover_artist"],
    ["Jane Doe (Editor, Introduction)", "Jane Doe", undefined, "editor"],
    ["Rob Inglis (Narrator, Reader)", "Rob Inglis", undefined, "contributor"],
    ["Tillman, Ed", "Ed Tillman", "Tillman, Ed", "contributor"],
    ["Alan Lee, illustrator", "Alan Lee", undefined, "illustrator"],
    ["Oxford University Press", "Oxford University Press", undefined, "contributor"],
  ];
  for (const [text, name, sortName, role] of expected) {
    assert.deepEqual(contributionOf(text), { name, sortName, role }, text);
  }
});

Deno.test("names are turned the way people write them", () => {
  assert.equal(displayName("Tolkien, J. R. R., 1892-1973"), "J. R. R. Tolkien");
  assert.equal(displayName("J. R. R. Tolkien"), "J. R. R. Tolkien");
  assert.equal(displayName("Martin Luther King, Jr."), "Martin Luther King, Jr.");
  assert.equal(displayName("Robert          Jackson"), "Robert Jackson");
});

Deno.test("each person is listed once, authors first", () => {
  const authors = [{ id: "OL1A", name: "Tolkien, J. R. R., 1892-1973" }];
  const edition = readEdition({
    contributors: [{ role: "Illustrator", name: "Alan Lee" }, { name: "J. R. R. Tolkien" }, {}],
    contributions: ["Lee, Alan, ill.", "Christopher Tolkien (Editor)"],
  }, "OL1M");
  assert.deepEqual(peopleOf(authors, edition), [
    { name: "J. R. R. Tolkien", role: "author", sortName: "Tolkien, J. R. R." },
    { name: "Alan Lee", role: "illustrator", sortName: undefined },
    { name: "Christopher Tolkien", role: "editor", sortName: undefined },
  ]);
});
