import assert from "node:assert/strict";
import { countTests, describeCount } from "./summary.ts";

Deno.test("the last summary of deno test is counted, whatever its colours and steps", () => {
  const output = "ok | 1 passed | 0 failed (3ms)\n" +
    "\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 2 failed (1 step) | 4 ignored \x1b[38m(2s)";
  assert.deepEqual(countTests(output), { passed: 12, failed: 2, skipped: 4 });
});

Deno.test("output without a summary has no count", () => {
  assert.equal(countTests("error: Module not found"), undefined);
});

Deno.test("skipped tests are named only where there are some", () => {
  assert.equal(describeCount({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(
    describeCount({ passed: 3, failed: 1, skipped: 2 }),
    "3 passed, 1 failed, 2 skipped",
  );
});
