import assert from "node:assert/strict";
import { z } from "zod";
import { decodeCursor, encodeCursor, pageOfRows } from "./page_cursor.ts";

const Position = z.tuple([z.string(), z.int()]);

Deno.test("a cursor says where the next page begins", () => {
  const cursor = encodeCursor("title", ["hobbit, the é/1+2", 7]);
  assert.match(cursor, /^[\w-]+$/);
  assert.deepEqual(decodeCursor("title", Position, cursor), ["hobbit, the é/1+2", 7]);
  assert.equal(decodeCursor("title", Position, undefined), undefined);
});

Deno.test("rubbish and cursors of another list are a bad request", () => {
  const others = [
    "",
    "%%%",
    "bm90IGpzb24",
    "e30",
    encodeCursor("-title", ["a", 7]),
    encodeCursor("title", [7, 7]),
    encodeCursor("title", ["a"]),
    encodeCursor("title", ["a", "1 or 1=1"]),
  ];
  for (const cursor of others) {
    assert.throws(() => decodeCursor("title", Position, cursor), { code: "bad_request" }, cursor);
  }
});

Deno.test("only a page that is followed by another has a cursor", () => {
  const page = (rows: number[]) => pageOfRows(rows, 2, String, (row) => `after ${row}`);
  assert.deepEqual(page([1, 2]), { items: ["1", "2"] });
  assert.deepEqual(page([1, 2, 3]), { items: ["1", "2"], nextCursor: "after 2" });
  assert.deepEqual(page([]), { items: [] });
});

Deno.test("a page ends before it has more than 4 MiB, and has one item at least", () => {
  const mebibyte = "ü".repeat(512 * 1024 - 2);
  const page = (rows: string[], candidates?: number) => {
    const cut = pageOfRows(
      rows,
      200,
      (row) => row,
      (row) => `after ${rows.indexOf(row)}`,
      candidates,
    );
    return [cut.items.length, cut.nextCursor];
  };
  const rows = Array.from({ length: 9 }, (_, at) => `${at}${mebibyte.slice(1)}`);
  assert.deepEqual(page(rows), [4, "after 3"]);
  assert.deepEqual(page(rows.slice(0, 4)), [4, undefined]);
  assert.deepEqual(page([mebibyte.repeat(5), "a"]), [1, "after 0"]);
  assert.deepEqual(page([mebibyte.repeat(5)]), [1, undefined]);
  // The second was too large to be read.
  assert.deepEqual(page(["a"], 2), [1, "after 0"]);
});
