import assert from "node:assert/strict";
import { PageGuard } from "./page_guard.ts";

Deno.test("a list that says it goes on must say where, and nowhere twice", () => {
  const guard = new PageGuard({ pagesMax: 4, entriesMax: 100 });
  const next = (cursor: string | null, answer: object, pages = 1, entries = 1) => {
    const result = guard.next(cursor, { entries: [], ...answer }, pages, entries);
    return result.kind === "page" ? result.cursor : result.kind;
  };
  assert.equal(next(null, {}), "end");
  assert.equal(next(null, { nextCursor: "a", hasMore: false }), "end");
  assert.equal(next(null, { nextCursor: "a" }), "a");
  assert.equal(next(null, { hasMore: true }), "broken");
  assert.equal(next("a", { nextCursor: "b", hasMore: true }), "b");
  assert.equal(next("b", { nextCursor: "a", hasMore: true }), "broken");
  assert.equal(next("b", { nextCursor: "b", hasMore: true }), "broken");
  assert.equal(next("c", { nextCursor: "d" }, 4), "broken");
  assert.equal(next("d", { nextCursor: "e" }, 1, 100), "broken");
});
