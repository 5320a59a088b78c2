import assert from "node:assert/strict";
import { LogTail, readStderr } from "./log_tail.ts";

const AT = new Date(0);

Deno.test("only the last 1,000 lines are kept and the rest is counted", () => {
  const tail = new LogTail();
  for (let n = 0; n < 5000; n++) tail.add(`line ${n}`, AT);
  const lines = tail.latest();
  assert.equal(lines.length, 1000);
  assert.equal(lines[0]?.text, "line 4000");
  assert.equal(lines.at(-1)?.text, "line 4999");
  assert.equal(tail.dropped, 4000);
});

Deno.test("a line is cut at 4,096 characters, also one that never ends", async () => {
  const lines: string[] = [];
  const chunks = Array.from({ length: 100 }, () => new Uint8Array(65_536).fill(0x61));
  const noPause = () => Promise.resolve();
  const { signal } = new AbortController();
  await readStderr(ReadableStream.from(chunks), (line) => lines.push(line), noPause, signal);
  assert.deepEqual(lines.map((line) => line.length), [4096]);
});

Deno.test("lines are told apart whatever the chunks, and reading keeps to its rate", async () => {
  const lines: string[] = [];
  let pausedMs = 0;
  const bytes = new TextEncoder().encode("first\r\nsecond ä\nlast");
  const chunks = [bytes.slice(0, 3), bytes.slice(3, 15), bytes.slice(15)];
  const big = new TextEncoder().encode("x".repeat(2 * 1024 * 1024));
  const pause = (ms: number) => {
    pausedMs += ms;
    return Promise.resolve();
  };
  const { signal } = new AbortController();
  await readStderr(ReadableStream.from(chunks), (line) => lines.push(line), pause, signal);
  assert.deepEqual(lines, ["first", "second ä", "last"]);
  await readStderr(ReadableStream.from([big]), () => {}, pause, signal);
  assert.equal(pausedMs, 2000);
});

Deno.test("a flood of empty lines costs little: few are told, and the next ones wait", async () => {
  const lines: string[] = [];
  let pausedMs = 0;
  const pause = (ms: number) => {
    pausedMs += ms;
    return Promise.resolve();
  };
  const chunk = new Uint8Array(65_536).fill(0x0a);
  const { signal } = new AbortController();
  await readStderr(ReadableStream.from([chunk]), (line) => lines.push(line), pause, signal);
  assert.equal(lines.length, 1000);
  assert.equal(lines[0], "64537 lines are left out here");
  assert.ok(pausedMs > 3000, `${pausedMs}`);
});
