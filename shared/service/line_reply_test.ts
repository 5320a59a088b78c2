import assert from "node:assert/strict";
import { z } from "zod";
import { readLines } from "./line_reply.ts";

const Item = z.object({ n: z.int() });

/** A reply whose body comes in these pieces; an error ends it early. */
function replyOf(pieces: readonly (string | Error)[], status = 200): Response {
  const rest = pieces.values();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = rest.next();
      if (done) controller.close();
      else if (value instanceof Error) controller.error(value);
      else controller.enqueue(new TextEncoder().encode(value));
    },
  });
  return new Response(body, { status });
}

const read = (pieces: readonly (string | Error)[], status?: number) =>
  Array.fromAsync(readLines("library", Item, replyOf(pieces, status)));

Deno.test("lines are read wherever the pieces are cut, with or without a last line break", async () => {
  assert.deepEqual(await read(['{"n":1}\n{"n', '":2}', '\n{"n":3}\n']), [
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
  assert.deepEqual(await read(['{"n":1}\n{"n":2}']), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(await read([]), []);
});

Deno.test("a stream that breaks off is told, after the lines that came", async () => {
  const lines = readLines("library", Item, replyOf(['{"n":1}\n{"n":2', new Error("cut")]));
  assert.deepEqual(await lines.next(), { done: false, value: { n: 1 } });
  await assert.rejects(lines.next(), { code: "service_unavailable" });
});

Deno.test("what is no JSON, of another shape, or a problem, is told", async () => {
  await assert.rejects(read(["oops\n"]), { code: "service_failed" });
  await assert.rejects(read(['{"n":"one"}\n']), { code: "service_failed" });
  const problem = {
    type: "urn:codex:problem:forbidden",
    title: "Not allowed",
    status: 403,
    detail: "No",
    instance: "/",
    code: "forbidden",
    requestId: "test",
  };
  await assert.rejects(read([JSON.stringify(problem)], 403), { code: "forbidden" });
});
