import assert from "node:assert/strict";
import { Empty, Library, LibraryPage, SeriesPage } from "@codex/protocol";
import { createFixture } from "../testing/fixture.ts";

Deno.test("a library is made, renamed, listed and deleted", async () => {
  await using fixture = await createFixture();
  const { expect, refused, clock } = fixture;
  const made = await expect(Library, "POST", "/libraries", { name: " Books ", path: "/books" });
  assert.deepEqual([made.name, made.path, made.seriesCount], ["Books", "/books", 0]);

  clock.advance(1000);
  const patched = await expect(Library, "PATCH", `/libraries/${made.id}`, {
    name: "Comics",
    path: null,
  });
  assert.deepEqual([patched.name, patched.path], ["Comics", undefined]);
  assert.ok(patched.updatedAt > made.updatedAt);
  assert.deepEqual(await expect(Library, "GET", `/libraries/${made.id}`), patched);

  await expect(Empty, "DELETE", `/libraries/${made.id}`);
  await refused("not_found", "DELETE", `/libraries/${made.id}`);
  await refused("not_found", "PATCH", `/libraries/${made.id}`, { name: "x" });
  assert.deepEqual((await expect(LibraryPage, "GET", "/libraries")).items, []);
});

Deno.test("deleting a library deletes all that is in it and nothing else", async () => {
  await using fixture = await createFixture();
  const { expect, sql } = fixture;
  const [gone, kept] = [await fixture.createLibrary("Gone"), await fixture.createLibrary("Kept")];
  for (const { id, name } of [gone, kept]) {
    await fixture.import(id, [{
      key: "s",
      title: name,
      books: [{ key: "b", title: name, number: 1 }],
    }]);
    const series = await fixture.find(name);
    const [book] = await fixture.booksOf(series.id);
    await fixture.call("PUT", `/api/v1/books/${book?.id}/progress`, { body: { completed: true } });
    await fixture.call("PUT", `/api/v1/series/${series.id}/rating`, { body: { rating: 80 } });
    await fixture.call("PATCH", `/api/v1/books/${book?.id}`, { body: { metadata: { year: 1 } } });
  }
  await expect(Empty, "DELETE", `/libraries/${gone.id}`);
  for (
    const table of ["libraries", "series", "books", "history", "book_progress", "series_ratings"]
  ) {
    const [row] = await sql`select count(*)::int as count from ${sql(table)}`;
    assert.equal(row?.["count"], 1, table);
  }
  assert.equal((await fixture.find("kept")).title, "Kept");
});

Deno.test("libraries are counted and paged by name, equal names too", async () => {
  await using fixture = await createFixture();
  const { expect } = fixture;
  for (const name of ["B", "A", "B", "C", "B"]) await fixture.createLibrary(name);
  const names: string[] = [];
  let cursor = "";
  do {
    const page = await expect(LibraryPage, "GET", `/libraries?limit=2${cursor}`);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  assert.deepEqual(names, ["A", "B", "B", "B", "C"]);

  const { items } = await expect(LibraryPage, "GET", "/libraries?limit=1");
  const id = items[0]!.id;
  await fixture.import(id, [{ key: "s", title: "S", books: [{ key: "b", title: "B" }] }]);
  const library = await expect(Library, "GET", `/libraries/${id}`);
  assert.deepEqual([library.seriesCount, library.bookCount], [1, 1]);
  const inIt = await expect(SeriesPage, "GET", `/series?libraryId=${id}`);
  assert.equal(inIt.items.length, 1);
});
