import assert from "node:assert/strict";
import fc from "fast-check";
import { LineReader } from "./line_reader.ts";

function collect(lineBytesMax?: number) {
  const lines: string[] = [];
  const faults: string[] = [];
  const reader = new LineReader(
    { line: (text) => lines.push(text), fault: (reason) => faults.push(reason) },
    lineBytesMax,
  );
  return { reader, lines, faults };
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("lines come out the same however the bytes are cut", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => `${text.replaceAll(/\n|\r/g, "")}x`);
  fc.assert(fc.property(fc.array(line), fc.array(fc.nat(200)), (expected, cuts) => {
    const { reader, lines, faults } = collect();
    let rest = encode(expected.map((text) => `${text}\n`).join(""));
    for (const cut of cuts) {
      const chunk = rest.slice(0, cut);
      reader.push(chunk);
      chunk.fill(0);
      rest = rest.subarray(cut);
    }
    reader.push(rest);
    assert.deepEqual(lines, expected);
    assert.deepEqual(faults, []);
  }));
});

Deno.test("a line over the limit is reported once and the next one is read", () => {
  const { reader, lines, faults } = collect(8);
  for (const piece of ["12345", "67890", "abc", "def\nok\n", "123456789\n12345678\n"]) {
    reader.push(encode(piece));
  }
  assert.deepEqual(lines, ["ok", "12345678"]);
  assert.deepEqual(faults, Array(2).fill("Line longer than 8 bytes was discarded"));
});

Deno.test("a line that is not UTF-8 is reported and the next one is read", () => {
  const { reader, lines, faults } = collect();
  reader.push(new Uint8Array([0xc3, 0x28, 0x0a]));
  reader.push(encode("ok\n"));
  assert.deepEqual(lines, ["ok"]);
  assert.equal(faults.length, 1);
});

Deno.test("empty lines are skipped and an unfinished last line is reported", () => {
  const { reader, lines, faults } = collect();
  reader.push(encode("\n \r\nok\nhalf"));
  reader.end();
  assert.deepEqual(lines, ["ok"]);
  assert.deepEqual(faults, ["Input ended inside a line of 4 bytes"]);
});
