import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { parseEncryptionKey, parsePreviousKeys } from "./encryption_key.ts";

const base64 = (fill: number, length = 32) => new Uint8Array(length).fill(fill).toBase64();

Deno.test("the base64 of any 32 bytes is a key, also with a line end after it", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
    const parsed = parseEncryptionKey(`${new Uint8Array(bytes).toBase64()}\n`);
    ok(parsed.ok);
    equal([...parsed.key], [...bytes]);
  }));
});

const REFUSED: [name: string, text: string, problem: RegExp][] = [
  ["an empty text", "", /is empty/],
  ["white space", " \n", /is empty/],
  ["16 bytes", base64(7, 16), /is 16 bytes/],
  ["31 bytes", base64(7, 31), /is 31 bytes/],
  ["33 bytes", base64(7, 33), /is 33 bytes/],
  ["hexadecimal", "07".repeat(32), /is 48 bytes/],
  ["the URL-safe alphabet", base64(0xff).replaceAll("/", "_"), /is not base64/],
  ["missing padding", base64(7).replace("=", ""), /is not base64/],
  ["a pass phrase", "correct horse battery staple", /is not base64/],
];

for (const [name, text, problem] of REFUSED) {
  Deno.test(`${name} is no key, and the problem says how to make one`, () => {
    const parsed = parseEncryptionKey(text);
    ok(!parsed.ok);
    match(parsed.problem, problem);
    match(parsed.problem, /openssl rand -base64 32/);
    ok(text.trim() === "" || !parsed.problem.includes(text));
  });
}

Deno.test("previous keys are a comma-separated list, empty when there are none", () => {
  const parsed = parsePreviousKeys(` ${base64(1)}, ${base64(2)} ,\n`);
  ok(parsed.ok);
  equal(parsed.keys.map((key) => key[0]), [1, 2]);
  equal(parsePreviousKeys(""), { ok: true, keys: [] });
});

Deno.test("a bad previous key is named by its place in the list", () => {
  const parsed = parsePreviousKeys(`${base64(1)},${base64(2, 16)}`);
  ok(!parsed.ok);
  match(parsed.problem, /^Key 2: .*is 16 bytes/);
});
