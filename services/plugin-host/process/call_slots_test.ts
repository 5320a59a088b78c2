import assert from "node:assert/strict";
import { FakeClock, settled } from "../testing/fake_clock.ts";
import { CallSlots } from "./call_slots.ts";

Deno.test("who finds no place gets the next free one in turn", async () => {
  const slots = new CallSlots(new FakeClock(), 2);
  assert.deepEqual([await slots.take(1000), await slots.take(1000)], ["taken", "taken"]);
  const order: number[] = [];
  for (const number of [1, 2]) slots.take(1000).then(() => order.push(number));
  await settled();
  assert.deepEqual(order, []);
  slots.release();
  await settled();
  assert.deepEqual(order, [1]);
  slots.release();
  await settled();
  assert.deepEqual(order, [1, 2]);
});

Deno.test("a wait ends at its deadline or with its caller, and takes no place", async () => {
  const clock = new FakeClock();
  const slots = new CallSlots(clock, 1);
  await slots.take(1000);
  const caller = new AbortController();
  const [late, gone, patient] = [
    slots.take(500),
    slots.take(1000, caller.signal),
    slots.take(2000),
  ];
  caller.abort();
  clock.advance(500);
  assert.deepEqual([await late, await gone], ["timeout", "cancelled"]);
  assert.equal(await slots.take(1000, caller.signal), "cancelled");
  slots.release();
  assert.equal(await patient, "taken");
  assert.equal(clock.timerCount, 0);
  slots.release();
  assert.equal(await slots.take(1), "taken");
});
