import { deepEqual as equal, throws } from "node:assert/strict";
import { z } from "zod";
import { decodeCursor, encodeCursor, pageOfRows } from "./cursor.ts";

Deno.test("a cursor leads back to its position", () => {
  equal(decodeCursor(z.string(), encodeCursor("zoë/1+2")), "zoë/1+2");
  equal(decodeCursor(z.int(), encodeCursor(42)), 42);
  equal(decodeCursor(z.int(), undefined), undefined);
});

Deno.test("a cursor of another list, or none at all, is a bad request", () => {
  for (const cursor of [encodeCursor("x"), "", "%%", "bm90IGpzb24"]) {
    throws(() => decodeCursor(z.int(), cursor), { code: "bad_request" });
  }
});

Deno.test("the last page has no cursor, every other one has", () => {
  const page = (rows: number[]) => pageOfRows(rows, 2, (row) => row, (row) => row);
  equal(page([]), { items: [] });
  equal(page([1, 2]), { items: [1, 2] });
  equal(page([1, 2, 3]), { items: [1, 2], nextCursor: encodeCursor(2) });
});
