import assert from "node:assert/strict";
import fc from "fast-check";
import { formatPartialDate, parsePublishDate } from "./dates.ts";

function read(text: string): string | undefined {
  const date = parsePublishDate(text);
  return date && formatPartialDate(date);
}

Deno.test("each notation is read to the precision it has", () => {
  const expected: Record<string, string> = {
    "March 1, 1997": "1997-03-01",
    "Mar 01, 1997": "1997-03-01",
    "1 March 1997": "1997-03-01",
    "1st Sept. 1997": "1997-09-01",
    "March 1997": "1997-03",
    "May, 1997": "1997-05",
    "1997": "1997",
    "1997-03-01": "1997-03-01",
    "1997-03": "1997-03",
    "1997-3-1": "1997-03-01",
    "c1997": "1997",
    "[1997?]": "1997",
    "©1997": "1997",
    "1997, c1995": "1997",
    "Spring 1997": "1997",
    "Marginal Press 1997": "1997",
    "03/01/1997": "1997",
    "1. März 1997": "1997-03-01",
    "1er mars 1997": "1997-03-01",
    "12 de enero de 1997": "1997-01-12",
    "août 1997": "1997-08",
    "1997 (first printing)": "1997",
    "December 31, 1994": "1994-12-31",
    "1605": "1605",
  };
  for (const [text, date] of Object.entries(expected)) assert.equal(read(text), date, text);
});

Deno.test("what has no year is no date", () => {
  for (const text of ["", "unknown", "19--", "March 1", "n.d.", "12345", "0997"]) {
    assert.equal(read(text), undefined, text);
  }
});

Deno.test("impossible months and days are dropped", () => {
  assert.equal(read("1997-13-01"), "1997");
  assert.equal(read("February 30, 1997"), "1997-02");
  assert.equal(read("February 29, 2000"), "2000-02-29");
});

Deno.test("every ISO date reads as itself", () => {
  const min = new Date("1000-01-01");
  const max = new Date("2099-12-31");
  fc.assert(fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
    const iso = date.toISOString().slice(0, 10);
    assert.equal(read(iso), iso);
  }));
});
