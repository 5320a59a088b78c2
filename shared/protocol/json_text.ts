/** What JSON text says that a parsed value no longer tells. */

/**
 * Only numbers with so many digits, or with such an exponent, can be other than what a double
 * holds.
 */
const SUSPECT_NUMBER = /\d{16}|[eE][+-]?\d{3}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INTEGER = /^-?\d+$/;
const BYTE_ORDER_MARK = "\u{feff}";

/** A JSON text as it was read. */
export interface ExactJson {
  readonly value: unknown;
  /** The first number of the text that reading it would have changed. */
  readonly inexact: string | undefined;
}

/**
 * JSON.parse that doesn't falsify: a number that reading would change beyond rounding reads as
 * infinite, so that no schema takes it. Such are one that is too large (`1e400` reads as infinite
 * anyhow, and is written as null), one that is too small (`1e-400` reads as 0), and a whole number
 * that would be written as another (`9007199254740993`). RFC 8259 section 6 lets readers do so; a
 * value that is kept must come back as it was sent.
 *
 * A byte order mark before the text is no part of it (section 8.1).
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseExact(marked: string): ExactJson {
  const text = withoutMark(marked);
  const value: unknown = JSON.parse(text);
  const places = inexactPlaces(text);
  const [first] = places;
  if (first === undefined) return { value, inexact: undefined };
  const pieces: string[] = [];
  let end = 0;
  for (const { at, number } of places) {
    pieces.push(text.slice(end, at), "1e400");
    end = at + number.length;
  }
  return { value: JSON.parse(pieces.join("") + text.slice(end)), inexact: first.number };
}

/** A text without the byte order mark that some editors put before it. */
export function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The first such number of a JSON text; see {@linkcode parseExact}. */
export function inexactNumber(text: string): string | undefined {
  return inexactPlaces(text)[0]?.number;
}

/** Where the first infinite number is in a value of bounded depth. */
export function pathOfInfinite(value: unknown): readonly PropertyKey[] | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : [];
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, child] of Object.entries(value)) {
    const path = pathOfInfinite(child);
    if (path !== undefined) return [name, ...path];
  }
  return undefined;
}

/** A number of the text, which begins at `at`. */
interface NumberPlace {
  readonly at: number;
  readonly number: string;
}

function inexactPlaces(text: string): readonly NumberPlace[] {
  if (!SUSPECT_NUMBER.test(text)) return [];
  const places: NumberPlace[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0];
      if (number === undefined) continue;
      if (isInexact(number)) places.push({ at, number });
      at += number.length - 1;
    }
  }
  return places;
}

/** Whether reading this number changes it beyond rounding. */
export function isInexact(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /^-?[0.]*[1-9]/.test(number);
  if (Number.isSafeInteger(value) || !INTEGER.test(number)) return false;
  return BigInt(number) !== writtenInteger(value);
}

/**
 * The whole number that JSON.stringify writes for a large one: the shortest that reads as the same
 * double, which is mostly not the one that the double holds.
 */
function writtenInteger(value: number): bigint {
  const [digits = "", exponent = "0"] = String(value).split("e+");
  const [whole = "", fraction = ""] = digits.split(".");
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

/** What is said of a number that can't be kept. */
export function inexactWords(number: string): string {
  const told = number.length > 40 ? `${number.slice(0, 40)}…` : number;
  return `The number ${told} can't be kept exactly: send it as a string`;
}

/** Where the string ends that begins at `start`; the text's end if it doesn't. */
export function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - escapes - 1) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
