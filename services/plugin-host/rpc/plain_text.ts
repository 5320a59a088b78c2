/** Text of a plugin's that is shown to people, logged and recorded. */

// deno-lint-ignore no-control-regex
const CONTROL_CHARACTERS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/**
 * At most `lengthMax` code units of `text`, without what PostgreSQL refuses (NUL) and what moves a terminal's cursor:
 * a plugin must not be able to keep its own failure out of the list.
 */
export function plainText(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(CONTROL_CHARACTERS, "\ufffd").toWellFormed();
}

/** Colours and other styles (ECMA-48, "SGR"). */
// deno-lint-ignore no-control-regex
const STYLES = /\x1b\[[\d;:]{0,64}m/g;

/** The same of a line of a log, which is often written for a terminal: its styles go without a trace. */
export function plainLine(text: string, lengthMax: number): string {
  return plainText(text.slice(0, lengthMax).replace(STYLES, ""), lengthMax);
}
