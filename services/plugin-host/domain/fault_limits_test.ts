import assert from "node:assert/strict";
import { reasonToTurnOff } from "./fault_limits.ts";

const LIMITS = { inARow: 3, perHour: 10 };

Deno.test("a plugin goes on below both limits and is turned off at either, in words", () => {
  const reason = (inARow: number, withinHour: number) =>
    reasonToTurnOff({ inARow, withinHour }, LIMITS, "It crashed");
  assert.equal(reason(2, 9), undefined);
  assert.equal(reason(3, 3), "Turned off after 3 faults in a row; the last one: It crashed");
  assert.equal(
    reason(1, 10),
    "Turned off after 10 faults within an hour; the last one: It crashed",
  );
  assert.equal(
    reasonToTurnOff({ inARow: 1, withinHour: 1 }, { inARow: 1, perHour: 10 }, "It crashed"),
    "Turned off after a fault: It crashed",
  );
});
