import assert from "node:assert/strict";
import { BATCH_SIZE_MAX, nextBatchSize, smallerBatchSize } from "./batch_size.ts";

const size = (sent: number, elapsedMs: number, handled = sent, allowed = sent) =>
  nextBatchSize(allowed, { sent, handled, elapsedMs, deadlineMs: 30_000 });

Deno.test("a batch grows while its answer is quick, shrinks when it is slow, stays between", () => {
  assert.equal(size(100, 100), 200);
  assert.equal(size(400, 100), BATCH_SIZE_MAX);
  assert.equal(size(100, 10_000), 100);
  assert.equal(size(100, 20_000), 50);
  assert.equal(size(1, 29_000), 1);
  // A remainder says nothing about a full batch.
  assert.equal(size(3, 10, 3, 100), 100);
  // A plugin that gave some back takes as many as it came to.
  assert.equal(size(100, 10, 25), 25);
  assert.equal(size(100, 10, 0), 1);
});

Deno.test("a batch that fails as a whole ends at one entry", () => {
  const sizes = [500];
  while (sizes.at(-1)! > 1) sizes.push(smallerBatchSize(sizes.at(-1)!));
  assert.ok(sizes.length < 11);
  assert.equal(smallerBatchSize(1), 1);
});
