import assert from "node:assert/strict";
import fc from "fast-check";
import { inexactNumber, parseExact, pathOfInfinite } from "./mod.ts";

Deno.test("a number that reading would change is found wherever it stands", () => {
  const numbers = [
    "1e400",
    "-1e400",
    "1E+309",
    `${"9".repeat(310)}.5`,
    "1e-400",
    `0.${"0".repeat(400)}1`,
    "9007199254740993",
    "-9007199254740993",
    "64458926087076168",
    "123456789012345678901234567890",
    "1230000000000000000000000000001",
  ];
  for (const number of numbers) {
    for (
      const text of [number, `[1,${number}]`, `{"a":"\\"\\\\","b":{"c":[ ${number} ]}}`]
    ) assert.equal(inexactNumber(text), number, text);
  }
});

Deno.test("a number that a double holds, or rounds, is none, and neither are strings", () => {
  const texts = [
    "0",
    "-0",
    "0e999",
    "0.00",
    "1e300",
    "1e-300",
    "9007199254740992",
    "9007199254740994",
    "-64458926087076170",
    "100000000000000000000000",
    "-1230000000000000000000000000000",
    "0.1234567890123456789",
    "3.0e0001",
    '"1e400"',
    '{"1e400":"\\"9007199254740993"}',
  ];
  for (const text of texts) assert.equal(inexactNumber(text), undefined, text);
});

Deno.test("what JSON.stringify writes has no such number", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.double({ noNaN: true }), (value, number) => {
    const finite = Number.isFinite(number) ? number : 0;
    assert.equal(inexactNumber(JSON.stringify([value, finite])), undefined);
  }));
});

Deno.test("any whole number is told apart by what comes back", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (number) => {
    const comesBack = JSON.stringify(Number(number)) === String(number);
    assert.equal(inexactNumber(`[${number}]`), comesBack ? undefined : String(number));
  }));
});

Deno.test("numbers that can't be kept read as infinite, the rest as it was sent", () => {
  const text = '{"1e400":"1e400","a":[1e400,7,-1e-400,9007199254740993],"b":-0.5}';
  assert.deepEqual(parseExact(text), {
    value: { "1e400": "1e400", a: [Infinity, 7, Infinity, Infinity], b: -0.5 },
    inexact: "1e400",
  });
  assert.deepEqual(pathOfInfinite(parseExact(text).value), ["a", "0"]);
  assert.equal(pathOfInfinite({ a: [1, "Infinity", null] }), undefined);
  for (const broken of ["", "01e999", "[1e400", "1e400.5", "{1e400:1}"]) {
    assert.throws(() => parseExact(broken), SyntaxError, broken);
  }
});

Deno.test("what JSON.stringify writes is read as JSON.parse reads it", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value);
    assert.deepEqual(parseExact(text), { value: JSON.parse(text), inexact: undefined });
  }));
});
