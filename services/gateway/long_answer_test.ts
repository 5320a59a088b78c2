import { deepEqual as equal, rejects } from "node:assert/strict";
import { endWhenRefused } from "./long_answer.ts";

/** A body that is written as it is read, and tells whether its reader left. */
function source() {
  let writer: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  const left = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => void (writer = controller),
    cancel: () => left.resolve(),
  });
  const write = (text: string) => writer?.enqueue(new TextEncoder().encode(text));
  return { body, write, end: () => writer?.close(), left: left.promise };
}

const textOf = (chunk: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>) =>
  new TextDecoder().decode(chunk.value);

Deno.test("an answer goes on as long as its asker may have it, and ends by itself", async () => {
  const { body, write, end } = source();
  const reader = endWhenRefused(body, () => Promise.resolve(true), 1).getReader();
  write("a");
  equal(textOf(await reader.read()), "a");
  await new Promise((resolve) => setTimeout(resolve, 10));
  write("b");
  equal(textOf(await reader.read()), "b");
  end();
  equal((await reader.read()).done, true);
});

for (
  const [name, answer] of [
    ["may not have it any more", () => Promise.resolve(false)],
    ["can't be looked up", () => Promise.reject(new Error("Away"))],
  ] as const
) {
  Deno.test(`an answer is broken off at both ends once its asker ${name}`, async () => {
    const { body, write, left } = source();
    let isAllowed: () => Promise<boolean> = () => Promise.resolve(true);
    const reader = endWhenRefused(body, () => isAllowed(), 1).getReader();
    write("a");
    equal(textOf(await reader.read()), "a");
    isAllowed = answer;
    await rejects(reader.read(), /has ended/);
    await left;
  });
}

Deno.test("a reader who leaves ends the source, and nobody is asked about them again", async () => {
  const { body, left } = source();
  let questions = 0;
  const guarded = endWhenRefused(body, () => {
    questions++;
    return Promise.resolve(true);
  }, 1);
  await guarded.cancel();
  await left;
  const asked = questions;
  await new Promise((resolve) => setTimeout(resolve, 10));
  equal(questions, asked);
});
