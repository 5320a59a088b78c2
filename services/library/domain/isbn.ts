/** International Standard Book Numbers (ISO 2108) as people and catalogues write them. */

/** The bare number, 10 or 13 characters, or undefined for anything else. Check digits aren't judged. */
export function bareIsbn(text: string): string | undefined {
  const bare = text.replace(/^\s*isbn(-1[03])?:?/i, "").replace(/[\s-]/g, "").toUpperCase();
  return /^(\d{9}[\dX]|\d{13})$/.test(bare) ? bare : undefined;
}

/** The number and, where there is one, its other form: a book is found by either. */
export function isbnForms(text: string): string[] {
  const bare = bareIsbn(text);
  if (bare === undefined) return [];
  if (bare.length === 10) return [bare, toThirteen(bare)];
  return bare.startsWith("978") ? [bare, toTen(bare)] : [bare];
}

function toThirteen(ten: string): string {
  const body = `978${ten.slice(0, 9)}`;
  const sum = weighted(body, (index) => index % 2 === 0 ? 1 : 3);
  return body + String((10 - sum % 10) % 10);
}

function toTen(thirteen: string): string {
  const body = thirteen.slice(3, 12);
  const check = (11 - weighted(body, (index) => 10 - index) % 11) % 11;
  return body + (check === 10 ? "X" : String(check));
}

function weighted(digits: string, weightAt: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    sum += Number(digits[index]) * weightAt(index);
  }
  return sum;
}
