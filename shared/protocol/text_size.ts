/**
 * How large a text is. Limits are told in one of two units: characters, which are Unicode code
 * points (an emoji of one code point is one character), and bytes of the text in UTF-8.
 */

const encoder = new TextEncoder();

/** Counts code points, of which each is one or two UTF-16 units, and only where that can matter. */
export function hasMoreCharacters(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return false;
  if (text.length > 2 * charactersMax) return true;
  return countCharacters(text) > charactersMax;
}

/** Unicode code points; a lone surrogate counts as one. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Bytes of the text in UTF-8, in which a lone surrogate becomes U+FFFD. */
export function countUtf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
