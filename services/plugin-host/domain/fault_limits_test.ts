import assert from "node:assert/strict";
import { reasonToTurnOff } from "./fault_limits.ts";

const LIMITS = { inARow: 3, inWindow: 10, windowSeconds: 3600 };

Deno.test("a plugin goes on below both limits and is turned off at either, in words", () => {
  const reason = (inARow: number, inWindow: number, change = {}) =>
    reasonToTurnOff({ inARow, inWindow }, { ...LIMITS, ...change }, "It crashed");
  assert.equal(reason(2, 9), undefined);
  assert.equal(reason(3, 3), "Turned off after 3 faults in a row; the last one: It crashed");
  assert.equal(reason(1, 10), "Turned off after 10 faults within 1 hour; the last one: It crashed");
  assert.equal(reason(1, 1, { inARow: 1 }), "Turned off after a fault: It crashed");
  for (
    const [windowSeconds, words] of [[7200, "2 hours"], [90, "90 seconds"], [600, "10 minutes"]]
  ) {
    assert.ok(reason(1, 10, { windowSeconds })?.includes(`within ${words};`), String(words));
  }
});
