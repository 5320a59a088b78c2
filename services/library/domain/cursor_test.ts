import assert from "node:assert/strict";
import { z } from "zod";
import { ProblemError } from "@codex/service";
import { decodeCursor, encodeCursor, pageOfRows } from "./cursor.ts";

const ID = "b1b7f0f6-6b6f-4d0e-9f3c-0a4b9f0c1d2e";

Deno.test("a cursor says where the next page begins", () => {
  const cursor = encodeCursor("title", { key: "hobbit, the é", id: ID });
  assert.match(cursor, /^[\w-]+$/);
  assert.deepEqual(decodeCursor("title", z.string(), cursor), { key: "hobbit, the é", id: ID });
  assert.equal(decodeCursor("title", z.string(), undefined), undefined);
});

Deno.test("rubbish and cursors of another list are a bad request", () => {
  const others = [
    "",
    "%%%",
    "bm90IGpzb24",
    encodeCursor("-title", { key: "a", id: ID }),
    encodeCursor("title", { key: 1, id: ID }),
    encodeCursor("title", { key: "a", id: "1 or 1=1" }),
  ];
  for (const cursor of others) {
    assert.throws(
      () => decodeCursor("title", z.string(), cursor),
      (error) => error instanceof ProblemError && error.code === "bad_request",
    );
  }
});

Deno.test("only a page that is followed by another has a cursor", () => {
  const page = (rows: number[]) => pageOfRows(rows, 2, String, (row) => `after ${row}`);
  assert.deepEqual(page([1, 2]), { items: ["1", "2"] });
  assert.deepEqual(page([1, 2, 3]), { items: ["1", "2"], nextCursor: "after 2" });
  assert.deepEqual(page([]), { items: [] });
});
