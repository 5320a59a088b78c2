import { equal } from "node:assert/strict";
import { FRESH_MS, isFresh, isTouchDue, TOUCH_INTERVAL_MS } from "./session_lifetime.ts";

const at = (ms: number) => ({ authenticatedAt: new Date(ms), lastUsedAt: new Date(ms) });

Deno.test("a password is fresh for exactly 15 minutes", () => {
  equal(FRESH_MS, 15 * 60 * 1000);
  equal(isFresh(at(1000), 1000), true);
  equal(isFresh(at(1000), 1000 + FRESH_MS - 1), true);
  equal(isFresh(at(1000), 1000 + FRESH_MS), false);
});

Deno.test("a use is written down at first and then once a minute at most", () => {
  equal(isTouchDue(null, 0), true);
  equal(isTouchDue(new Date(0), TOUCH_INTERVAL_MS - 1), false);
  equal(isTouchDue(new Date(0), TOUCH_INTERVAL_MS), true);
});
