import assert from "node:assert/strict";
import { z } from "zod";
import { unionBySource, withIds } from "./external_ids.ts";

const id = (source: string, externalId: string) => ({ source, externalId });

Deno.test("an answer counts for the sources it names; ids of other sources stay in place", () => {
  const below = [id("a", "1"), id("b", "2"), id("b", "3")];
  assert.deepEqual(unionBySource(below, [id("b", "4")]), [id("a", "1"), id("b", "4")]);
  assert.deepEqual(unionBySource(below, [id("c", "9")]), [...below, id("c", "9")]);
});

Deno.test("the same ids in another order are no change", () => {
  const below = [id("a", "1"), id("b", "2")];
  assert.deepEqual(unionBySource(below, [id("b", "2"), id("a", "1"), id("a", "1")]), below);
});

Deno.test("an external id's own id is a UUID that says the same for the same", () => {
  const [first] = withIds("owner", [id("a", "1")]);
  const [again] = withIds("owner", [id("a", "1")]);
  const [other] = withIds("another", [id("a", "1")]);
  assert.equal(z.uuid().parse(first?.id), again?.id);
  assert.notEqual(first?.id, other?.id);
});
