import assert from "node:assert/strict";
import { type BookPage, HistoryPage, Series, SeriesPage } from "@codex/protocol";
import { BookPage as BookPageSchema } from "@codex/protocol";
import { PAGE_BYTES_MAX } from "@codex/service";
import type { z } from "zod";
import { createFixture, type Fixture } from "../testing/fixture.ts";

const COUNT = 12;
/** As it was possible once: five of them are more than a page has room for. */
const HUGE = "ü".repeat(500_000);
/** More than a page has room for by itself. */
const GIANT = "x".repeat(PAGE_BYTES_MAX);

type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor?: string | undefined };

/** Every page of a list, of at most 4 MiB unless it has one item. */
async function walk<Item>(
  fixture: Fixture,
  schema: z.ZodType<Page<Item>>,
  path: string,
): Promise<Item[][]> {
  const pages: Item[][] = [];
  let cursor: string | undefined;
  do {
    const at = cursor === undefined ? "" : `&cursor=${cursor}`;
    const reply = await fixture.call("GET", `/api/v1${path}limit=200${at}`);
    const text = await reply.text();
    assert.equal(reply.status, 200, text.slice(0, 500));
    const { items, nextCursor } = schema.parse(JSON.parse(text));
    assert.ok(items.length > 0 || pages.length === 0);
    const bytes = new TextEncoder().encode(JSON.stringify(items)).length;
    assert.ok(items.length === 1 || bytes <= PAGE_BYTES_MAX, `${items.length} items: ${bytes}`);
    pages.push([...items]);
    cursor = nextCursor;
  } while (cursor !== undefined);
  return pages;
}

async function fill(fixture: Fixture): Promise<void> {
  const library = await fixture.createLibrary();
  await fixture.import(
    library.id,
    Array.from({ length: COUNT }, (_, at) => ({
      key: `s${at}`,
      title: `Series ${at}`,
      books: at === 0
        ? Array.from({ length: COUNT }, (_, n) => ({ key: `b${n}`, title: `Book ${n}`, number: n }))
        : [],
    })),
  );
  for (const table of ["series", "books"]) {
    const giants = table === "series" ? ["s3", "s4", "s11"] : ["b3", "b4", "b11"];
    await fixture.sql`
      update library.${fixture.sql(table)}
      set metadata = metadata || jsonb_build_object('summary',
        case when key = any(${giants}) then ${GIANT} else ${HUGE} end)`;
  }
}

Deno.test("a page of large series or books ends early, and walking gives each of them once", async () => {
  await using fixture = await createFixture();
  await fill(fixture);
  for (const sort of ["title", "-title", "created", "-updated"]) {
    const pages = await walk(fixture, SeriesPage, `/series?sort=${sort}&`);
    const titles = pages.flat().map(({ title }) => title);
    assert.deepEqual([titles.length, new Set(titles).size], [COUNT, COUNT], sort);
    assert.ok(pages.length > 5 && pages.length < COUNT, `${pages.length} pages by ${sort}`);
  }
  const found = await walk(fixture, SeriesPage, "/series?q=series&");
  assert.equal(found.flat().length, COUNT);

  const { items } = await fixture.expect(SeriesPage, "GET", "/series?limit=1");
  const books = await walk<z.infer<typeof BookPage>["items"][number]>(
    fixture,
    BookPageSchema,
    `/series/${items[0]?.id}/books?`,
  );
  assert.deepEqual(
    books.flat().map(({ number }) => number),
    Array.from({ length: COUNT }, (_, at) => at),
  );
  assert.ok(books.length > 5);
});

Deno.test("a page of large history ends early too", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{ key: "s", title: "S" }]);
  const { id } = await fixture.find("s");
  for (let year = 1; year <= COUNT; year++) {
    await fixture.expect(Series, "PATCH", `/series/${id}`, { metadata: { year } });
  }
  await fixture.sql`
    update library.history
    set changes = changes || jsonb_build_array(
      jsonb_build_object('field', 'summary', 'before', ${HUGE}::text, 'after', ${HUGE}::text))`;
  const pages = await walk(fixture, HistoryPage, `/series/${id}/history?`);
  assert.deepEqual(
    pages.flat().map(({ changes }) => changes[0]?.after),
    Array.from({ length: COUNT }, (_, at) => COUNT - at),
  );
  assert.equal(pages.length, COUNT / 2);
});

Deno.test("a page of usual series is as long as asked for", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const lines = Array.from({ length: 5 }, (_, at) => ({ key: `s${at}`, title: `S ${at}` }));
  await fixture.import(library.id, lines);
  const page = await fixture.expect(SeriesPage, "GET", "/series?limit=2");
  assert.deepEqual(page.items.map(({ title }) => title), ["S 0", "S 1"]);
  const rest = await fixture.expect(SeriesPage, "GET", `/series?limit=3&cursor=${page.nextCursor}`);
  assert.deepEqual([rest.items.length, rest.nextCursor], [3, undefined]);
});
