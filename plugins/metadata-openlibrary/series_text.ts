/** Series statements of editions: free text with the number of the book in many notations. */

export interface SeriesStatement {
  readonly name: string;
  /** May be fractional. */
  readonly position?: number;
  /** Of how many. */
  readonly total?: number;
}

/** Words for "number", as libraries abbreviate them. */
const MARKER = String.raw`#|no|nr|num|number|vol|volume|v|bk|book|pt|part|band|bd|tome|t`;
const DIGITS = String.raw`\d{1,4}(?:\.\d{1,2})?`;
const ROMAN = String.raw`[ivxl]{1,7}`;
const NUMBER_WORDS = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];
const SPELLED = NUMBER_WORDS.join("|");

/** "Book 3", "#3", "v. III", "no. 3 of 7"; the mark has to stand at the end or before a bracket. */
const MARKED = new RegExp(
  String.raw`[\s,;:.(\[-]*(?<![\p{L}\d])(?:${MARKER})[.\s]*(${DIGITS}|${ROMAN}|${SPELLED})` +
    String.raw`(?:\s*(?:of|/)\s*(\d{1,4}))?\s*[)\]]?\s*\.?$`,
  "iu",
);
/** A bare number set apart: "Discworld ; 3", "Discworld, 3", "Discworld (3)", "Discworld -- 3", "3/7". */
const SET_APART = new RegExp(
  String
    .raw`\s*(?:[;,(\[]|--|\u2013|\u2014)\s*(${DIGITS})(?:\s*(?:of|/)\s*(\d{1,4}))?\s*[)\]]?\s*\.?$`,
  "iu",
);
/** Longer statements are cut: nobody writes them, and the patterns above look back from each character. */
const CHARACTERS_MAX = 300;
/** Years in brackets belong to the publisher's series, not to the book's place in it. */
const YEAR_MIN = 1000;

/** Undefined for text without a name. */
export function parseSeriesStatement(text: string): SeriesStatement | undefined {
  const trimmed = text.trim().slice(0, CHARACTERS_MAX).replace(/^\((.*)\)$/s, "$1").trim();
  for (const pattern of [MARKED, SET_APART]) {
    const found = pattern.exec(trimmed);
    const position = numberOf(found?.[1]);
    if (found === null || position === undefined) continue;
    const name = cleanName(trimmed.slice(0, found.index));
    const total = numberOf(found[2]);
    if (name !== "") return { name, position, ...(total === undefined ? {} : { total }) };
  }
  const name = cleanName(trimmed);
  return name === "" ? undefined : { name };
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  const spelled = NUMBER_WORDS.indexOf(lower);
  const value = spelled >= 0 ? spelled + 1 : /^\d/.test(lower) ? Number(lower) : romanNumber(lower);
  return value === undefined || value >= YEAR_MIN ? undefined : value;
}

const ROMAN_DIGITS: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50 };

/** Undefined unless written as it should be, so that "v. ill" is not taken for a number. */
function romanNumber(text: string): number | undefined {
  if (!/^(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})$/.test(text)) return undefined;
  const digits = [...text].map((digit) => ROMAN_DIGITS[digit] ?? 0);
  const value = digits.reduce(
    (sum, digit, index) => sum + (digit < (digits[index + 1] ?? 0) ? -digit : digit),
    0,
  );
  return value > 0 ? value : undefined;
}

function cleanName(text: string): string {
  return text.replace(/[\s,;:.(\[-]+$/u, "").trim();
}
