import assert from "node:assert/strict";
import { FakeClock, settled } from "../../testing/fake_clock.ts";
import { CallSlots } from "./call_slots.ts";

Deno.test("who finds no place gets the next free one in turn", async () => {
  const slots = new CallSlots(new FakeClock(), () => 2);
  assert.deepEqual([await slots.take(undefined, 1000), await slots.take(undefined, 1000)], [
    "taken",
    "taken",
  ]);
  const order: number[] = [];
  for (const number of [1, 2]) slots.take(undefined, 1000).then(() => order.push(number));
  await settled();
  assert.deepEqual(order, []);
  slots.release(undefined);
  await settled();
  assert.deepEqual(order, [1]);
  slots.release(undefined);
  await settled();
  assert.deepEqual(order, [1, 2]);
});

Deno.test("a wait ends at its deadline or with its caller, and takes no place", async () => {
  const clock = new FakeClock();
  const slots = new CallSlots(clock, () => 1);
  await slots.take(undefined, 1000);
  const caller = new AbortController();
  const [late, gone, patient] = [
    slots.take(undefined, 500),
    slots.take(undefined, 1000, caller.signal),
    slots.take(undefined, 2000),
  ];
  caller.abort();
  clock.advance(500);
  assert.deepEqual([await late, await gone], ["timeout", "cancelled"]);
  assert.equal(await slots.take(undefined, 1000, caller.signal), "cancelled");
  slots.release(undefined);
  assert.equal(await patient, "taken");
  assert.equal(clock.timerCount, 0);
  slots.release(undefined);
  assert.equal(await slots.take(undefined, 1), "taken");
});

Deno.test("a holder has half of the places, at least one, and whoever comes later has the rest", async () => {
  for (const [size, half] of [[1, 1], [2, 1], [3, 1], [8, 4]] as const) {
    const slots = new CallSlots(new FakeClock(), () => size);
    let taken = 0;
    for (let call = 0; call < size; call++) slots.take("greedy", 1000).then(() => taken++);
    await settled();
    assert.equal(taken, half);
    const other = slots.take("other", 1000);
    if (size === half) slots.release("greedy");
    assert.equal(await other, "taken");
  }
});

Deno.test("holders who wait have the next place by turns, whoever has more calls and came first", async () => {
  const slots = new CallSlots(new FakeClock(), () => 1);
  await slots.take("a", 1000);
  const order: string[] = [];
  for (const holder of ["a", "a", "a", "b", "b", "c"]) {
    slots.take(holder, 1000).then(() => order.push(holder));
  }
  let holding = "a";
  for (let turn = 1; turn <= 6; turn++) {
    slots.release(holding);
    await settled();
    holding = order.at(-1)!;
  }
  assert.deepEqual(order, ["a", "b", "c", "a", "b", "a"]);
});

Deno.test("places that are taken away come free first, and more are given at once", async () => {
  let size = 3;
  const slots = new CallSlots(new FakeClock(), () => size);
  for (let call = 0; call < 3; call++) await slots.take(undefined, 1000);
  size = 1;
  let isTaken = false;
  slots.take(undefined, 1000).then(() => isTaken = true);
  for (let call = 0; call < 2; call++) slots.release(undefined);
  await settled();
  assert.deepEqual([isTaken, slots.taken], [false, 1]);
  size = 2;
  slots.fill();
  await settled();
  assert.deepEqual([isTaken, slots.taken], [true, 2]);
});
