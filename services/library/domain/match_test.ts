import assert from "node:assert/strict";
import { subjectOf } from "./match.ts";

Deno.test("the subject of a book has its first good ISBN, a query takes the title's place", () => {
  const fields = { title: "Dune", isbn: "none", isbns: ["0-441-17271-7"], year: 1965 };
  const known = { authors: [], year: 1965 };
  assert.deepEqual(subjectOf("book", fields, undefined), {
    ...known,
    title: "Dune",
    isbn: "0441172717",
  });
  assert.deepEqual(subjectOf("book", fields, "Dune 1965"), {
    ...known,
    title: "Dune 1965",
    isbn: undefined,
  });
});
