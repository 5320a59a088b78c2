import assert from "node:assert/strict";
import { ResponseCache } from "./response_cache.ts";

function cacheOf(sizeMax: number) {
  let now = 0;
  const cache = new ResponseCache<string>({ sizeMax, lifetimeMs: 1000 }, () => now);
  return { cache, wait: (ms: number) => now += ms };
}

Deno.test("an entry is kept for its lifetime", () => {
  const { cache, wait } = cacheOf(100);
  cache.set("a", "A", 10);
  wait(999);
  assert.equal(cache.get("a"), "A");
  wait(1);
  assert.equal(cache.get("a"), undefined);
});

Deno.test("the least recently used goes first when the entries weigh too much", () => {
  const { cache } = cacheOf(40);
  for (const key of ["a", "b", "c", "d"]) cache.set(key, key, 10);
  cache.get("a");
  cache.set("e", "e", 10);
  assert.deepEqual(["a", "b", "c", "d", "e"].filter((key) => cache.get(key) !== undefined), [
    "a",
    "c",
    "d",
    "e",
  ]);
});

Deno.test("an entry that is too heavy isn't kept, and replacing doesn't count twice", () => {
  const { cache } = cacheOf(40);
  cache.set("heavy", "h", 11);
  assert.equal(cache.get("heavy"), undefined);
  for (let count = 0; count < 10; count++) cache.set("a", String(count), 10);
  for (const key of ["b", "c", "d"]) cache.set(key, key, 10);
  assert.equal(cache.get("a"), "9");
});
