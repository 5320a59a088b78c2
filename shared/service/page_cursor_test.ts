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
