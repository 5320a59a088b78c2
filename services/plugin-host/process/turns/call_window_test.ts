import assert from "node:assert/strict";
import { CallWindow } from "./call_window.ts";

const TIMEOUT_MS = 1000;
const HOUR_MS = 3_600_000;

/** Answers while calls wait for a place. */
function answer(window: CallWindow, count: number, { tookMs = 10, isWanted = true, now = 0 } = {}) {
  for (let each = 0; each < count; each++) window.answered(tookMs, TIMEOUT_MS, isWanted, now);
}

/** A window that was lowered to 1 at `now`. */
function lowered(now: number): CallWindow {
  const window = new CallWindow();
  window.sent(2);
  window.overloaded(now, now);
  assert.equal(window.size, 1);
  return window;
}

Deno.test("a plugin that declares nothing is sent more at once as long as it answers quickly", () => {
  const window = new CallWindow();
  assert.equal(window.size, 4);
  answer(window, 100, { tookMs: 251 });
  answer(window, 100, { isWanted: false });
  assert.equal(window.size, 4);
  answer(window, 10);
  assert.equal(window.size, 14);
  answer(window, 100);
  assert.equal(window.size, 32);
});

Deno.test("a plugin is sent as many as it declares, at once and at most", () => {
  for (const [declared, size] of [[1, 1], [6, 6], [32, 32], [1000, 32]] as const) {
    const window = new CallWindow();
    window.declare(declared);
    assert.equal(window.size, size);
    answer(window, 100);
    assert.equal(window.size, size);
  }
});

Deno.test("a missed deadline among others' answers halves what was used at once, and those beside it nothing", () => {
  const window = new CallWindow();
  window.declare(32);
  window.sent(17);
  for (let call = 0; call < 10; call++) window.overloaded(0, 1000);
  assert.equal(window.size, 8);
  window.sent(8);
  window.overloaded(999, 2000);
  assert.equal(window.size, 8);
  window.overloaded(1000, 2000);
  assert.equal(window.size, 4);
  for (let now = 3000; now < 9000; now += 1000) window.overloaded(now - 1000, now);
  assert.equal(window.size, 1);
});

Deno.test("once there were too many, each more takes 32 quick answers", () => {
  const window = lowered(1000);
  answer(window, 31);
  assert.equal(window.size, 1);
  answer(window, 1);
  assert.equal(window.size, 2);
  answer(window, 63);
  assert.equal(window.size, 3);
});

Deno.test("what was learned stands for an hour, whatever the process declares next", () => {
  const window = lowered(1000);
  for (const declared of [32, undefined]) {
    window.declare(declared);
    assert.equal(window.size, 1);
  }
  answer(window, 1, { tookMs: 900, now: 1000 + HOUR_MS - 1 });
  assert.equal(window.size, 1);
  answer(window, 1, { tookMs: 900, now: 1000 + HOUR_MS });
  assert.equal(window.size, 4);
  window.declare(9);
  assert.equal(window.size, 9);
});
