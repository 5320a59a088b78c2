import assert from "node:assert/strict";
import { restartDelayMs } from "./service_keeper.ts";

Deno.test("each end in a row doubles the wait, up to ten seconds", () => {
  assert.deepEqual([1, 2, 3, 6, 7, 1000].map(restartDelayMs), [
    200,
    400,
    800,
    6_400,
    10_000,
    10_000,
  ]);
});
