import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { FloodGuard } from "./flood_guard.ts";

Deno.test("a burst of unasked messages is read at full speed", () => {
  const guard = new FloodGuard(new FakeClock());
  guard.charge(2000);
  assert.equal(guard.pauseMs(), 0);
});

Deno.test("a flood is slowed down to the refill rate and no more", () => {
  const clock = new FakeClock();
  const guard = new FloodGuard(clock);
  guard.charge(5000);
  assert.equal(guard.pauseMs(), 3000);
  clock.advance(3000);
  assert.equal(guard.pauseMs(), 0);
  guard.charge(1000);
  assert.equal(guard.pauseMs(), 1000);
});

Deno.test("credit is never saved up beyond one burst", () => {
  const clock = new FakeClock();
  const guard = new FloodGuard(clock);
  clock.advance(3_600_000);
  guard.charge(2001);
  assert.equal(guard.pauseMs(), 0);
  guard.charge(2001);
  assert.ok(guard.pauseMs() > 0);
});
