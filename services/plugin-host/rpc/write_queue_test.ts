import assert from "node:assert/strict";
import { settled } from "../testing/fake_clock.ts";
import { WriteQueue } from "./write_queue.ts";

/** A pipe whose reader takes a chunk only when told to. */
function slowPipe() {
  const chunks: string[] = [];
  const takes: (() => void)[] = [];
  const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      chunks.push(new TextDecoder().decode(chunk));
      return new Promise((resolve) => takes.push(resolve));
    },
  }, { highWaterMark: 0 });
  const take = async () => {
    takes.shift()?.();
    await settled();
  };
  return { stream, chunks, take };
}

Deno.test("lines of one tick leave as one chunk, lines sent meanwhile as the next", async () => {
  const pipe = slowPipe();
  const queue = new WriteQueue(pipe.stream, () => {});
  queue.send("a");
  queue.send("b");
  await settled();
  queue.send("c");
  queue.send("d");
  await settled();
  assert.deepEqual(pipe.chunks, ["a\nb\n"]);
  await pipe.take();
  assert.deepEqual(pipe.chunks, ["a\nb\n", "c\nd\n"]);
  await pipe.take();
  await queue.end();
});

Deno.test("a full queue refuses calls and takes them again once the reader goes on", async () => {
  const pipe = slowPipe();
  const queue = new WriteQueue(pipe.stream, () => {}, 10);
  assert.equal(queue.send("x".repeat(20)), "queued");
  assert.equal(queue.send("y"), "full");
  await settled();
  assert.equal(queue.send("y"), "full");
  await pipe.take();
  assert.equal(queue.send("y"), "queued");
  queue.abort();
});

Deno.test("a reply is taken in spite of a full queue and resolves when it was written", async () => {
  const pipe = slowPipe();
  const queue = new WriteQueue(pipe.stream, () => {}, 10);
  queue.send("x".repeat(20));
  await settled();
  let written = false;
  queue.sendReply("reply").then(() => written = true);
  await pipe.take();
  assert.equal(written, false);
  await pipe.take();
  assert.equal(written, true);
  assert.equal(pipe.chunks.at(-1), "reply\n");
  await queue.end();
});

Deno.test("end writes what is queued and takes nothing more", async () => {
  const pipe = slowPipe();
  const queue = new WriteQueue(pipe.stream, () => {});
  queue.send("last");
  const ended = queue.end();
  assert.equal(queue.send("late"), "closed");
  await settled();
  await pipe.take();
  await ended;
  assert.deepEqual(pipe.chunks, ["last\n"]);
});

Deno.test("a broken pipe is told once, settles replies and refuses what follows", async () => {
  let broken = 0;
  const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: () => Promise.reject(new Error("EPIPE")),
  });
  const queue = new WriteQueue(stream, () => broken++);
  queue.send("a");
  const reply = queue.sendReply("b");
  await reply;
  assert.equal(broken, 1);
  assert.equal(queue.send("c"), "closed");
  await queue.sendReply("d");
  await queue.end();
  assert.equal(broken, 1);
});

Deno.test("abort settles every waiting reply, also of the write under way", async () => {
  const pipe = slowPipe();
  let broken = 0;
  const queue = new WriteQueue(pipe.stream, () => broken++);
  const underWay = queue.sendReply("a");
  await settled();
  const waiting = queue.sendReply("b");
  queue.abort();
  await pipe.take();
  await Promise.all([underWay, waiting]);
  assert.equal(broken, 0);
});
