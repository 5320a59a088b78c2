import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { Backoff } from "./backoff.ts";

const spec = { key: "a", pluginId: "a", revision: "1" };

Deno.test("the first failure delays nothing, the next wait from 1 s to 60 s, a success ends it", () => {
  const backoff = new Backoff(new FakeClock());
  const waits = Array.from({ length: 9 }, () => {
    backoff.note(spec);
    return backoff.waitMs("a", "1") / 1000;
  });
  assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(backoff.isWaiting("a"), true);
  backoff.clear("a");
  assert.equal(backoff.waitMs("a", "1"), 0);
  assert.equal(backoff.isWaiting("a"), false);
});
