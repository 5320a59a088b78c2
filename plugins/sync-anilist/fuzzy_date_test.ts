import assert from "node:assert/strict";
import { fuzzyDateOf, instantOf } from "./fuzzy_date.ts";

Deno.test("a date means the earliest instant that its known parts allow", () => {
  const cases: [unknown, string | undefined][] = [
    [{ year: 2020, month: 5, day: 17 }, "2020-05-17T00:00:00.000Z"],
    [{ year: 2020, month: 5, day: null }, "2020-05-01T00:00:00.000Z"],
    [{ year: 2020, month: null, day: null }, "2020-01-01T00:00:00.000Z"],
    [{ year: 2020, month: null, day: 17 }, "2020-01-17T00:00:00.000Z"],
    [{ year: 87, month: 1, day: 1 }, "0087-01-01T00:00:00.000Z"],
    [{ year: null, month: 5, day: 17 }, undefined],
    [{ year: 0, month: 0, day: 0 }, undefined],
    [null, undefined],
  ];
  for (const [date, instant] of cases) assert.equal(instantOf(date), instant);
});

Deno.test("an instant names the reader's day", () => {
  const day = { year: 2026, month: 3, day: 1 };
  assert.deepEqual(fuzzyDateOf("2026-03-01T23:30:00.000Z"), day);
  assert.deepEqual(fuzzyDateOf("2026-03-01T00:30:00+09:00"), day);
  assert.equal(fuzzyDateOf(""), undefined);
});
