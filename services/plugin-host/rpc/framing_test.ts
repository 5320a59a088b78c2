import assert from "node:assert/strict";
import fc from "fast-check";
import { type FramingFault, type JsonObject, LineSplitter } from "./framing.ts";

interface Collected {
  readonly messages: JsonObject[];
  readonly faults: FramingFault[];
  discardedBytes: number;
}

function collect(chunks: Iterable<Uint8Array>, lineBytesMax?: number): Collected {
  const collected: Collected = { messages: [], faults: [], discardedBytes: 0 };
  const splitter = new LineSplitter({
    message: (message) => collected.messages.push(message),
    fault: (fault) => collected.faults.push(fault),
    discarded: (bytes) => collected.discardedBytes += bytes,
  }, lineBytesMax);
  for (const chunk of chunks) {
    splitter.push(chunk);
    // The caller may reuse its buffer: whatever was kept must have been copied.
    chunk.fill(0x21);
  }
  splitter.end();
  return collected;
}

function cut(bytes: Uint8Array, points: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(points.map((point) => point % (bytes.length + 1)))].sort((a, b) =>
    a - b
  );
  const edges = [0, ...sorted, bytes.length];
  return edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("any chunking gives the same messages and faults", () => {
  const line = fc.oneof(
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()).map((o) =>
      bytesOf(JSON.stringify(o))
    ),
    fc.constantFrom("", "  \r", "nonsense", "[1]", "null", '"s"', "{", "\u{feff}{}").map(bytesOf),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(fc.property(
    fc.array(line, { maxLength: 12 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    (lines, points) => {
      const whole = new Uint8Array(lines.flatMap((bytes) => [...bytes, 0x0a]));
      const limit = 64;
      const expected = collect([whole.slice()], limit);
      assert.deepEqual(collect(cut(whole, points), limit), expected);
      assert.deepEqual(collect([...whole].map((byte) => Uint8Array.of(byte)), limit), expected);
    },
  ));
});

Deno.test("a byte order mark before a line is no part of it", () => {
  const [mark, object] = ["\u{feff}", '{"a":1}'];
  const text = [mark + object, object, mark + mark + object, mark].join("\n") + "\n";
  const { messages, faults } = collect([bytesOf(text)]);
  assert.deepEqual(messages, [{ a: 1 }, { a: 1 }]);
  assert.deepEqual(faults.map(({ kind }) => kind), ["not-json"]);
});

Deno.test("any bytes in any chunks never throw", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (chunks) => {
    collect(chunks, 128);
  }));
});

Deno.test("every object that was written comes out, whatever its text", () => {
  fc.assert(fc.property(
    fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue())),
    (objects) => {
      const expected = objects.map((object) => JSON.parse(JSON.stringify(object)));
      const text = objects.map((object) => JSON.stringify(object) + "\n").join("");
      const { messages, faults } = collect([bytesOf(text)]);
      assert.deepEqual(messages, expected);
      assert.deepEqual(faults, []);
    },
  ));
});

Deno.test("a multibyte character cut at every place arrives whole", () => {
  const bytes = bytesOf('{"title":"進撃の巨人 🗡"}\n');
  for (let at = 1; at < bytes.length; at++) {
    const { messages } = collect([bytes.slice(0, at), bytes.slice(at)]);
    assert.deepEqual(messages, [{ title: "進撃の巨人 🗡" }]);
  }
});

Deno.test("each kind of bad line is reported and only that line is lost", () => {
  const good = (n: number) => bytesOf(`{"n":${n}}\n`);
  const bytes = new Uint8Array([
    ...good(1),
    ...[0xff, 0xfe, 0x0a],
    ...good(2),
    ...bytesOf("oops\n"),
    ...bytesOf("[]\n"),
    ...good(3),
  ]);
  const { messages, faults } = collect([bytes]);
  assert.deepEqual(messages, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.deepEqual(faults.map((fault) => fault.kind), [
    "invalid-utf8",
    "not-json",
    "not-an-object",
  ]);
});

Deno.test("a line of exactly the limit passes, one byte more is one fault, in any chunking", () => {
  const limit = 100;
  const line = (bytes: number) => bytesOf(`{"v":"${"x".repeat(bytes - 8)}"}\n`);
  for (const chunkBytes of [1, 7, 99, 100, 101, 1000]) {
    const whole = new Uint8Array([...line(limit), ...line(limit + 1), ...bytesOf('{"n":1}\n')]);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += chunkBytes) {
      chunks.push(whole.slice(at, at + chunkBytes));
    }
    const { messages, faults } = collect(chunks, limit);
    assert.equal(messages.length, 2);
    const excerpt = new TextDecoder().decode(line(limit + 1)).slice(0, limit);
    assert.deepEqual(faults, [{ kind: "line-too-long", excerpt }]);
  }
});

Deno.test("a line with more parts than any message needs is one fault and is not parsed", () => {
  const line = (count: number) => bytesOf(`{"id":1,"result":[${"{},".repeat(count)}0]}\n`);
  const { messages, faults } = collect([line(300_000), line(400_000), bytesOf('{"n":1}\n')]);
  assert.equal(messages.length, 2);
  assert.deepEqual(faults.map(({ kind }) => kind), ["line-too-full"]);
});

Deno.test("the beginning of a line too long is shown without what a database refuses", () => {
  const { faults } = collect([bytesOf(`a\0b${"x".repeat(100)}\n`)], 50);
  assert.equal(faults[0]?.excerpt.slice(0, 4), "a\ufffdbx");
});

Deno.test("an endless line is one fault, is counted, and the next line is read", () => {
  const chunks = Array.from({ length: 200 }, () => new Uint8Array(64 * 1024).fill(0x61));
  const { messages, faults, discardedBytes } = collect([...chunks, bytesOf('\n{"ok":true}\n')]);
  assert.deepEqual(messages, [{ ok: true }]);
  assert.equal(faults.length, 1);
  assert.equal(discardedBytes, 200 * 64 * 1024);
});

Deno.test("a last line without newline counts when it is complete", () => {
  assert.deepEqual(collect([bytesOf('{"n":1}')]).messages, [{ n: 1 }]);
  const torn = collect([bytesOf('{"n":')]);
  assert.deepEqual(torn.messages, []);
  assert.equal(torn.faults.length, 1);
});

Deno.test("a __proto__ key stays a key and changes no prototype", () => {
  const { messages } = collect([bytesOf('{"__proto__":{"method":"storage/get"}}\n')]);
  const message = messages[0];
  assert.ok(message);
  assert.equal(Object.getPrototypeOf(message), Object.prototype);
  assert.equal(message.method, undefined);
});
