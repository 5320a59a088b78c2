import { deepEqual as equal, ok } from "node:assert/strict";
import { UsageLimit } from "./usage_limit.ts";

Deno.test("a share is refused beyond one's own limit, and beyond everybody's", () => {
  const limit = new UsageLimit({ max: 5, perKeyMax: 3 });
  const first = limit.take("a", 3);
  ok(first.ok);
  equal(limit.take("a"), { ok: false, full: "own" });
  ok(limit.take("b", 2).ok);
  equal(limit.take("c"), { ok: false, full: "all" });
  first.release();
  first.release();
  ok(limit.take("c", 3).ok);
  equal(limit.take("a"), { ok: false, full: "all" });
});
