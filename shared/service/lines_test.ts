import assert from "node:assert/strict";
import fc from "fast-check";
import { lines } from "./lines.ts";

async function collect(chunks: Uint8Array[], lengthMax?: number): Promise<string[]> {
  return await Array.fromAsync(lines(ReadableStream.from(chunks), lengthMax));
}

Deno.test("lines are the same however the bytes are cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, ""))),
    fc.integer({ min: 1, max: 7 }),
    async (expected, size) => {
      const bytes = new TextEncoder().encode(expected.map((line) => `${line}\r\n`).join(""));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      assert.deepEqual(await collect(chunks), expected);
    },
  ));
});

Deno.test("a line without an end is given in bounded pieces", async () => {
  const chunk = new TextEncoder().encode("x".repeat(60));
  const pieces = await collect([chunk, chunk, chunk], 100);
  assert.deepEqual(pieces.map((piece) => piece.length), [120, 60]);
});
