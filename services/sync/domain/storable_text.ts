/** Text of others as PostgreSQL can keep it. */

/** Without NUL and halves of characters, at most `charsMax` UTF-16 units. */
export function storableText(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replaceAll("\u0000", "").toWellFormed();
}

/** Whether text is kept as it is: an id that had to be changed would be another's. */
export function isStorable(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}
