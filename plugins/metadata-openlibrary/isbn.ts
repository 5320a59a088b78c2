/** International Standard Book Numbers (ISO 2108): two forms of one number, each with a check digit. */

/** One valid ISBN. */
export interface Isbn {
  /** 13 digits, no hyphens. */
  readonly isbn13: string;
  /** Ten characters; absent for numbers with the prefix 979, which have no such form. */
  readonly isbn10?: string;
}

/** Reads either form with any hyphens, spaces and an "ISBN" in front; undefined if the check digit is wrong. */
export function parseIsbn(text: string): Isbn | undefined {
  const characters = text
    .replace(/^\s*(?:urn:)?isbn(?:[-\s]?1[03])?[:\s]*/i, "")
    .replaceAll(/[\s\u2010-\u2015-]/g, "")
    .toUpperCase();
  if (isIsbn10(characters)) return { isbn13: toIsbn13(characters), isbn10: characters };
  if (!isIsbn13(characters)) return undefined;
  const isbn10 = toIsbn10(characters);
  return isbn10 === undefined ? { isbn13: characters } : { isbn13: characters, isbn10 };
}

/** The valid ones of a list as 13 digits, each once. */
export function isbn13sOf(texts: readonly string[]): string[] {
  const found = texts.map((text) => parseIsbn(text)?.isbn13).filter((isbn) => isbn !== undefined);
  return [...new Set(found)];
}

function isIsbn10(characters: string): boolean {
  if (!/^\d{9}[\dX]$/.test(characters)) return false;
  return characters.endsWith(checkDigit10(characters));
}

function isIsbn13(characters: string): boolean {
  if (!/^97[89]\d{10}$/.test(characters)) return false;
  return characters.endsWith(checkDigit13(characters));
}

function toIsbn13(isbn10: string): string {
  const body = `978${isbn10.slice(0, 9)}`;
  return body + checkDigit13(body);
}

function toIsbn10(isbn13: string): string | undefined {
  if (!isbn13.startsWith("978")) return undefined;
  const body = isbn13.slice(3, 12);
  return body + checkDigit10(body);
}

/** Weights 10 to 2 over the first nine digits, modulo 11; ten is written X. */
function checkDigit10(digits: string): string {
  let sum = 0;
  for (let index = 0; index < 9; index++) sum += Number(digits[index]) * (10 - index);
  const check = (11 - sum % 11) % 11;
  return check === 10 ? "X" : String(check);
}

/** Weights 1 and 3 in turn over the first twelve digits, modulo 10. */
function checkDigit13(digits: string): string {
  let sum = 0;
  for (let index = 0; index < 12; index++) sum += Number(digits[index]) * (index % 2 === 0 ? 1 : 3);
  return String((10 - sum % 10) % 10);
}
