import assert from "node:assert/strict";
import fc from "fast-check";
import { checkCron } from "./cron_schedule.ts";

Deno.test("schedules of every kind are good", () => {
  for (
    const text of [
      "* * * * *",
      "0 3 * * *",
      "*/15 0-6,22,23 1-31/2 JAN-mar MON-FRI",
      "  5   4 * * 7 ",
      "59 23 31 12 0",
    ]
  ) assert.deepEqual(checkCron(text), { ok: true }, text);
});

Deno.test("a wrong schedule is refused with the place and the reason", () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["60 * * * *", 1, /"60" is no minute: it is from 0 to 59/],
    ["0 3,24 * * *", 5, /"24" is no hour/],
    ["0 3 0 * *", 5, /"0" is no day of the month/],
    ["0 3 * FOO *", 7, /"FOO" is no month/],
    ["0 3 * * 1-8", 11, /"8" is no day of the week/],
    ["0 3 * * FRI-MON", 9, /goes backwards/],
    ["*/0 * * * *", 3, /"0" is no step/],
    ["0 3 * *", 8, /no field for the day of the week/],
    ["", 1, /no field for the minute/],
    [
      "0 30 4 * * *",
      12,
      /^Has 6 fields where five are wanted: minute, hour, day of the month, month and day of the week; leave out the seconds in front$/,
    ],
    ["0 0 4 * * * 2026", 11, /^Has 7 fields where five are wanted: minute, .* of the week$/],
    ["@daily", 1, /"@daily" is no minute/],
    ["0 3 * * mon,,tue", 13, /is no day of the week/],
  ];
  for (const [text, position, reason] of cases) {
    const result = checkCron(text);
    assert.ok(!result.ok, text);
    assert.equal(result.position, position, text);
    assert.match(result.reason, reason);
  }
});

Deno.test("any text is judged and its place lies in it or right behind", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const result = checkCron(text);
    assert.ok(result.ok || (result.position >= 1 && result.position <= text.length + 1));
  }));
});
