import assert from "node:assert/strict";
import { RateLimitedError } from "@codex/plugin-sdk";
import { RequestQueue } from "./request_queue.ts";
import { FakeClock } from "./testing/fake_clock.ts";

const never = new AbortController().signal;

function start(requestsPerSecond: number) {
  const clock = new FakeClock();
  const queue = new RequestQueue(requestsPerSecond, clock);
  const begin = clock.now();
  const left: [string, number][] = [];
  const ask = (name: string, signal = never) =>
    queue.turn(signal).then(() => void left.push([name, clock.now() - begin]));
  return { clock, queue, left, ask };
}

Deno.test("requests leave in order, as far apart as the rate says", async () => {
  const { clock, left, ask } = start(2);
  const turns = ["a", "b", "c"].map((name) => ask(name));
  await clock.advance(10_000);
  await Promise.all(turns);
  assert.deepEqual(left, [["a", 0], ["b", 500], ["c", 1000]]);
});

Deno.test("after a rest the first request leaves at once, and rest can't be saved up", async () => {
  const { clock, left, ask } = start(1);
  await clock.advance(60_000);
  const turns = [ask("a"), ask("b")];
  await clock.advance(2_000);
  await Promise.all(turns);
  assert.deepEqual(left, [["a", 60_000], ["b", 61_000]]);
});

Deno.test("who gives up makes room for those behind", async () => {
  const { clock, left, ask } = start(1);
  const givenUp = new AbortController();
  const turns = [ask("a"), ask("b", givenUp.signal), ask("c")];
  const rejected = assert.rejects(turns[1] ?? Promise.resolve(), { message: "gone" });
  givenUp.abort(new Error("gone"));
  await clock.advance(5_000);
  await rejected;
  assert.deepEqual(left, [["a", 0], ["c", 1000]]);
  await assert.rejects(ask("d", givenUp.signal), { message: "gone" });
});

Deno.test("a turn more than 20 s away is refused with the time to wait", async () => {
  const { clock, left, ask } = start(1);
  const turns = Array.from({ length: 21 }, (_, index) => ask(String(index)));
  await assert.rejects(ask("late"), (error) => {
    assert.ok(error instanceof RateLimitedError);
    assert.equal(error.retryAfterSeconds, 21);
    return true;
  });
  await clock.advance(30_000);
  await Promise.all(turns);
  assert.equal(left.length, 21);
});

Deno.test("a short pause holds everyone, a long one refuses waiting and new requests", async () => {
  const { clock, queue, left, ask } = start(1);
  await ask("a");
  const waiting = ask("b");
  queue.pause(4);
  await clock.advance(4_000);
  await waiting;
  assert.deepEqual(left, [["a", 0], ["b", 4_000]]);

  const refused = assert.rejects(ask("c"), { retryAfterSeconds: 60 });
  queue.pause(60);
  await refused;
  await assert.rejects(ask("d"), { retryAfterSeconds: 60 });
  await clock.advance(60_000);
  await ask("e");
  assert.deepEqual(left.at(-1), ["e", 64_000]);
});
