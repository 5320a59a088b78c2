import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { FloodGuard, Floods } from "./flood_guard.ts";

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

Deno.test("plugins that flood the host together get what one would", () => {
  const clock = new FakeClock();
  const guards = Array.from({ length: 5 }, () => new FloodGuard(clock));
  for (const guard of guards) guard.charge(2000);
  let read = 0;
  for (let ms = 0; ms < 10_000; ms += 10) {
    for (const guard of guards) {
      if (guard.pauseMs(guards.length) > 0) continue;
      guard.charge(10);
      read += 10;
    }
    clock.advance(10);
  }
  assert.ok(read > 9_000 && read < 11_000, `${read}`);
});

Deno.test("a flood counts for as long as its reading waits", async () => {
  const floods = new Floods();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = floods.during(promise);
  assert.equal(floods.count, 1);
  resolve();
  await waiting;
  assert.equal(floods.count, 0);
});
