import assert from "node:assert/strict";
import { readEntryLines, writeEntryLines } from "./entry_lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("an entry comes back with its value as text and the bytes of that", () => {
  const entry = { key: "a\nb", data: { text: "é\n" }, expiresAt: "2026-03-01T12:00:00.000Z" };
  assert.deepEqual(readEntryLines(bytes(writeEntryLines(entry))), {
    key: "a\nb",
    expiresAt: "2026-03-01T12:00:00.000Z",
    valueText: '{"text":"é\\n"}',
    valueBytes: 15,
  });
});

Deno.test("a value's text is left alone, byte for byte", () => {
  const read = readEntryLines(bytes('{"key":"a"}\n\ufeff[1.10, 1e400]\n'));
  assert.equal(read?.valueText, "\ufeff[1.10, 1e400]\n");
});

Deno.test("what isn't two lines, or doesn't name a key, is nothing", () => {
  for (
    const body of [
      "",
      '{"key":"a"}',
      "\n1",
      "{\n1",
      '{"key":1}\n1',
      '["key"]\n1',
      '{"key":"a","expiresAt":"tomorrow"}\n1',
      '{"key":"a","expiresAt":null}\n1',
    ]
  ) assert.equal(readEntryLines(bytes(body)), undefined, body);
});

Deno.test("bytes that aren't UTF-8 are refused, not replaced", () => {
  const value = new Uint8Array([...bytes('{"key":"a"}\n"'), 0xff, 0x22]);
  assert.equal(readEntryLines(value), undefined);
  const key = new Uint8Array([...bytes('{"key":"'), 0xc3, ...bytes('"}\n1')]);
  assert.equal(readEntryLines(key), undefined);
});
