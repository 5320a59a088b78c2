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
  const fail = () => writer?.error(new Error("Broken"));
  return { body, write, end: () => writer?.close(), fail, left: left.promise };
}

const textOf = (chunk: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>) =>
  new TextDecoder().decode(chunk.value);

Deno.test("an answer goes on as long as its asker may have it, and ends by itself", async () => {
  const { body, write, end } = source();
  const reader = endWhenRefused(body, { isAllowed: () => Promise.resolve(true), everyMs: 1 })
    .getReader();
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
    const reader = endWhenRefused(body, { isAllowed: () => isAllowed(), everyMs: 1 }).getReader();
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
  const isAllowed = () => {
    questions++;
    return Promise.resolve(true);
  };
  const guarded = endWhenRefused(body, { isAllowed, everyMs: 1 });
  await guarded.cancel();
  await left;
  const asked = questions;
  await new Promise((resolve) => setTimeout(resolve, 10));
  equal(questions, asked);
});

Deno.test("whoever counts long answers hears of the end of each, however it comes", async () => {
  for (const how of ["ends", "breaks", "is refused", "is left"]) {
    const { body, end, fail } = source();
    const over = Promise.withResolvers<void>();
    const isAllowed = () => Promise.resolve(how !== "is refused");
    const reader = endWhenRefused(body, { isAllowed, everyMs: 1, onEnd: over.resolve }).getReader();
    if (how === "ends") end();
    if (how === "breaks") fail();
    if (how === "is left") await reader.cancel();
    await reader.read().catch(() => {});
    await over.promise;
  }
});
