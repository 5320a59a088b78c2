import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "./lines.ts";

const MAX = 16;

Deno.test("any way of cutting the bytes into chunks gives the same lines", () => {
  const text = fc.array(
    fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constant("\n"),
      fc.constant("\r\n"),
      fc.constant("é世🎈"),
      fc.constant("x".repeat(MAX + 1)),
    ),
    { maxLength: 20 },
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(text, fc.array(fc.nat(80), { maxLength: 12 }), (whole, cuts) => {
    const bytes = new TextEncoder().encode(whole);
    assert.deepEqual(split(chunksOf(bytes, cuts)), split([bytes]));
  }));
});

Deno.test("lines are what lies between line feeds", () => {
  fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-z]{0,15}$/)), (lines) => {
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    assert.deepEqual(split([bytes]), lines.map((text, index) => [index + 1, text]));
  }));
});

Deno.test("the last line needs no line feed, and an empty stream has no line", () => {
  assert.deepEqual(split([encode("a\nb")]), [[1, "a"], [2, "b"]]);
  assert.deepEqual(split([encode("a\n")]), [[1, "a"]]);
  assert.deepEqual(split([]), []);
});

Deno.test("a line as long as allowed passes; a longer one is told and the next one read", () => {
  const fits = "x".repeat(MAX);
  assert.deepEqual(split([encode(`${fits}\n${fits}y\nnext`)]), [[1, fits], [2, null], [3, "next"]]);
  const cut = [...encode(`${fits}\n${fits}y\nnext`)].map((byte) => Uint8Array.of(byte));
  assert.deepEqual(split(cut), [[1, fits], [2, null], [3, "next"]]);
  assert.deepEqual(split([encode(`${fits}y`)]), [[1, null]]);
});

Deno.test("a byte order mark at the start is dropped, also when it comes in pieces", () => {
  assert.deepEqual(split([encode("\uFEFFa\n\uFEFFb")]), [[1, "a"], [2, "\uFEFFb"]]);
  assert.deepEqual(
    split([Uint8Array.of(0xef), Uint8Array.of(0xbb), Uint8Array.of(0xbf, 0x61)]),
    [[1, "a"]],
  );
});

Deno.test("a line without end is not kept", () => {
  const splitter = new LineSplitter(1024 * 1024);
  const chunk = new Uint8Array(64 * 1024).fill(0x78);
  const before = Deno.memoryUsage().external;
  for (let index = 0; index < 2000; index++) assert.deepEqual(splitter.push(chunk), []);
  assert.ok(Deno.memoryUsage().external - before < 16 * 1024 * 1024);
  assert.deepEqual(splitter.push(encode("\n")), [{ number: 1, bytes: undefined }]);
});

function split(chunks: readonly Uint8Array[]): [number, string | null][] {
  const splitter = new LineSplitter(MAX);
  const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return lines.map(({ number, bytes }) => [number, bytes ? decoder.decode(bytes) : null]);
}

function chunksOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)];
  return edges.map((edge, index) => bytes.slice(edge, edges[index + 1] ?? bytes.length));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
