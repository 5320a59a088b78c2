import assert from "node:assert/strict";
import { ENTRY_ATTEMPTS_MAX, nextEntryAttempt, stallWaitMs } from "./retry_schedule.ts";

Deno.test("a failed entry waits longer each time, then for the reader", () => {
  const now = new Date(0);
  const minutes = Array.from({ length: ENTRY_ATTEMPTS_MAX }, (_, index) => {
    const at = nextEntryAttempt(index + 1, now);
    return at && at.getTime() / 60_000;
  });
  assert.deepEqual(minutes, [5, 20, 80, 320, null]);
});

Deno.test("a run that stops again and again waits longer, at most five minutes", () => {
  assert.deepEqual([1, 2, 3, 20].map(stallWaitMs), [1000, 2000, 4000, 300_000]);
});
