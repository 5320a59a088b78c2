import assert from "node:assert/strict";
import { Pacer, readRetryAfter } from "./pacing.ts";
import { VirtualClock } from "./virtual_clock.ts";

const { signal } = new AbortController();

function pacer(requestsPerMinute: number) {
  const clock = new VirtualClock();
  return { clock, pacer: new Pacer("Test", requestsPerMinute, clock) };
}

/** When each of so many turns came. */
async function turns(given: ReturnType<typeof pacer>, count: number): Promise<number[]> {
  const waits = Array.from({ length: count }, async () => {
    await given.pacer.turn({ signal });
    return given.clock.now();
  });
  return await Promise.all(waits);
}

Deno.test("turns come evenly spaced and in the order of calls, the first at once", async () => {
  assert.deepEqual(await turns(pacer(30), 4), [0, 2000, 4000, 6000]);
});

Deno.test("a new rate holds from the next turn on", async () => {
  const given = pacer(30);
  await turns(given, 1);
  given.pacer.setRate(600);
  assert.deepEqual(await turns(given, 3), [100, 200, 300]);
});

Deno.test("a pause that begins while somebody waits holds for them too", async () => {
  const given = pacer(30);
  const waiting = turns(given, 3);
  given.pacer.holdUntil(10_000);
  assert.deepEqual(await waiting, [10_000, 12_000, 14_000]);
});

Deno.test("a turn that would come too late is refused at once and says when to come", async () => {
  const given = pacer(30);
  const first = turns(given, 3);
  const late = given.pacer.turn({ signal, latestAt: 3_999 });
  await assert.rejects(late, { name: "RateLimitedError", retryAfterSeconds: 6 });
  assert.equal(given.clock.now(), 0);
  await first;

  given.pacer.holdUntil(34_500);
  const held = given.pacer.turn({ signal, latestAt: 34_000 });
  await assert.rejects(held, { retryAfterSeconds: 31, message: "Test allows no request for 31 s" });
});

Deno.test("a pause that begins during the wait refuses those for whom it is too long", async () => {
  const given = pacer(30);
  await turns(given, 1);
  const waiting = given.pacer.turn({ signal, latestAt: 5_000 });
  given.clock.delay(1_000, signal).then(() => given.pacer.holdUntil(60_000));
  await assert.rejects(waiting, { retryAfterSeconds: 58 });
});

Deno.test("a turn that is there already is never too late", async () => {
  await pacer(30).pacer.turn({ signal, latestAt: -1 });
});

Deno.test("who gives up gets their reason and costs the others no time", async () => {
  const given = pacer(30);
  const controller = new AbortController();
  const [first] = await turns(given, 1);
  assert.equal(first, 0);
  const waiting = given.pacer.turn({ signal: controller.signal });
  const behind = turns(given, 2);
  controller.abort(new Error("given up"));
  await assert.rejects(waiting, /given up/);
  await assert.rejects(given.pacer.turn({ signal: controller.signal }), /given up/);
  assert.deepEqual(await behind, [2000, 4000]);
});

Deno.test("who leaves the middle of the queue lets nobody overtake", async () => {
  const given = pacer(30);
  const controller = new AbortController();
  const order: string[] = [];
  const turn = async (name: string, given_signal = signal) => {
    await given.pacer.turn({ signal: given_signal });
    order.push(name);
  };
  const waits = [turn("first"), turn("second")];
  const leaving = turn("leaving", controller.signal);
  waits.push(turn("last"));
  controller.abort(new Error("given up"));
  await assert.rejects(leaving);
  await Promise.all(waits);
  assert.deepEqual(order, ["first", "second", "last"]);
  assert.equal(given.clock.now(), 4000);
});

Deno.test("Retry-After is seconds or a date; anything else reads as missing", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const cases: [string | undefined, number | undefined][] = [
    ["30", 30],
    ["0", 0],
    [" 5 ", 5],
    ["Sun, 01 Mar 2026 12:01:00 GMT", 60],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    ["-5", 0],
    ["soon", undefined],
    [undefined, undefined],
  ];
  for (const [value, seconds] of cases) {
    const headers = new Headers(value === undefined ? {} : { "retry-after": value });
    assert.equal(readRetryAfter(headers, now), seconds, value);
  }
});
