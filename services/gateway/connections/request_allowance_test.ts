import { deepEqual as equal, ok } from "node:assert/strict";
import { ManualClock } from "@codex/service/testing";
import { GROUPS_MAX, REFUSALS_MAX, RequestAllowance } from "./request_allowance.ts";

function setUp() {
  const clock = new ManualClock();
  const allowance = new RequestAllowance({ burst: 5, perSecond: 2, now: clock.now });
  /** How many of `count` requests are allowed. */
  const allowed = (count: number, group = "a") =>
    Array.from({ length: count }, () => allowance.take(group)).filter((one) => one.ok).length;
  return { clock, allowance, allowed };
}

Deno.test("an address may make its burst at once, then so many a second; others are not concerned", () => {
  const { clock, allowance, allowed } = setUp();
  equal(allowed(5), 5);
  equal(allowance.take("a"), { ok: false, retryAfterSeconds: 1 });
  equal(allowed(5, "b"), 5);
  // The refused one counts too.
  clock.advance(1000);
  equal(allowed(3), 1);
  clock.advance(60_000);
  equal(allowed(7), 5);
});

Deno.test("a request that costs more is refused where the rest doesn't suffice, and told when it will", () => {
  const { clock, allowance, allowed } = setUp();
  equal(allowance.take("a", 4), { ok: true });
  equal(allowance.take("a", 3), { ok: false, retryAfterSeconds: 1 });
  equal(allowed(1), 0);
  clock.advance(2500);
  equal(allowance.take("a", 4), { ok: true });
});

Deno.test("who goes on after every refusal is shut out until some of it is paid off", () => {
  const { clock, allowance, allowed } = setUp();
  allowed(5 + REFUSALS_MAX - 1);
  equal([allowance.isShutOut("a"), allowance.isShutOut("b")], [false, false]);
  allowed(1000);
  ok(allowance.isShutOut("a"));
  clock.advance(500);
  ok(!allowance.isShutOut("a"));
  equal(allowed(1), 0);
  ok(allowance.isShutOut("a"));
  // However much it sent, it waits no longer.
  clock.advance(REFUSALS_MAX * 500 + 500);
  equal(allowed(1), 1);
});

Deno.test("a request that is taken back leaves nothing behind", () => {
  const { allowance, allowed } = setUp();
  for (let i = 0; i < 100; i++) {
    equal(allowed(1), 1);
    allowance.refund("a");
  }
  equal(allowance.size, 0);
  equal(allowed(6), 5);
  allowance.refund("a");
  allowance.refund("never seen");
  equal(allowed(1), 0);
});

Deno.test("of any number of addresses only those that came last are remembered", () => {
  const { allowance, allowed } = setUp();
  equal(allowed(6, "busy"), 5);
  for (let i = 0; i < GROUPS_MAX * 3; i++) {
    allowance.take(`2001:db8:0:${i.toString(16)}/64`);
    if (i % 1000 === 0) equal(allowed(1, "busy"), 0);
  }
  equal(allowance.size, GROUPS_MAX);
});
