/** Where a text stops being JSON, for whoever wrote it by hand. */

import { withoutMark } from "./json_text.ts";

/** As V8 words it, where it knows the place. */
const WITH_PLACE = /^(?<what>.+) in JSON at position (?<at>\d+)/s;
const AT_END = "Unexpected end of JSON input";

/**
 * What is wrong with a text that `JSON.parse` refuses, and where.
 *
 * @returns for instance `Is not JSON: line 3, column 5: Expected ',' or '}' after property value`;
 * undefined for a text that is JSON
 */
export function jsonFault(marked: string): string | undefined {
  const text = withoutMark(marked);
  const message = faultOf(text);
  if (message === undefined) return undefined;
  const found = WITH_PLACE.exec(message)?.groups;
  if (found !== undefined) return tell(text, Number(found["at"]), found["what"] ?? "");
  if (message === AT_END) return tell(text, text.length, "The text ends too soon");
  const at = firstWrong(text);
  return tell(
    text,
    at,
    `Unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}`,
  );
}

function tell(text: string, at: number, what: string): string {
  const before = text.slice(0, at).split("\n");
  const column = [...(before.at(-1) ?? "")].length + 1;
  return `Is not JSON: line ${before.length}, column ${column}: ${what}`;
}

/** The first character that no JSON text goes on with after those before it. */
function firstWrong(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return bad - 1;
}

/** Whether nothing is wrong with a text but that it ends. */
function mayGoOn(text: string): boolean {
  const message = faultOf(text);
  if (message === undefined || message === AT_END) return true;
  const at = WITH_PLACE.exec(message)?.groups?.["at"];
  return at !== undefined && Number(at) >= text.length;
}

function faultOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
