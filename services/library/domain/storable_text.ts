/** Text that PostgreSQL can keep. */
import type { Json } from "@codex/protocol";

// deno-lint-ignore no-control-regex -- U+0000 is what this file is about
const NUL = /\u0000/g;
const REPLACEMENT = "\uFFFD";
/** JSON text can hold such characters only as escapes: raw ones are not valid JSON or UTF-8. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

/** Whether JSON text may hold what {@linkcode storable} replaces; a quick look before a long walk. */
export function mayNeedReplacing(jsonText: string): boolean {
  return SUSPECT_ESCAPE.test(jsonText);
}

/** U+0000 and lone surrogates, which neither text nor jsonb takes, become U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replace(NUL, REPLACEMENT);
}

/** The same for every string and key of a JSON value. */
export function storable(value: Json): Json {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [storableText(key), storable(child)]),
  );
}
