import assert from "node:assert/strict";
import fc from "fast-check";
import { KeySet } from "./key_set.ts";

Deno.test("a key is new once and seen from then on, as in a Set", () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 200 }), (keys) => {
    const set = new KeySet(1000);
    const model = new Set<string>();
    for (const key of keys) {
      assert.equal(set.add(key), model.has(key) ? "seen" : "new");
      model.add(key);
    }
  }));
});

Deno.test("100,000 keys are told apart and found again while the table grows", () => {
  const set = new KeySet(100_000);
  for (let index = 0; index < 100_000; index++) {
    if (set.add(`key-${index}`) !== "new") assert.fail(`key-${index} was taken for another`);
  }
  for (let index = 0; index < 100_000; index += 7) assert.equal(set.add(`key-${index}`), "seen");
});

Deno.test("beyond its bound new keys are refused and known ones still found", () => {
  const set = new KeySet(2);
  assert.deepEqual(["a", "b", "c", "a"].map((key) => set.add(key)), ["new", "new", "full", "seen"]);
});
