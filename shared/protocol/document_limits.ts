/**
 * How large metadata may be where it comes in: by an import, a person's edit or a plugin. What is
 * stored already is read and shown whatever its size, so the schemas of `metadata.ts` don't know
 * these limits.
 */
import { z } from "zod";
import type { Json } from "./json.ts";
import { countCharacters, countUtf8Bytes, hasMoreCharacters } from "./text_size.ts";

/** Characters of a title, of whatever kind. */
export const TITLE_CHARACTERS_MAX = 1000;
/** Bytes in UTF-8 of a summary, and of each text within `customMetadata`. */
export const SUMMARY_BYTES_MAX = 64 * 1024;
/** Characters of a link or of a picture's address. */
export const URL_CHARACTERS_MAX = 4096;
/** Characters of every other text: names, genres, tags, labels and so on. */
export const TEXT_CHARACTERS_MAX = 1000;
/** Characters of the id of a record at its source. */
export const EXTERNAL_ID_CHARACTERS_MAX = 500;
/** Items of a list, and fields of an object within `customMetadata`. */
export const LIST_ITEMS_MAX = 1000;
/** Bytes in UTF-8 of a whole document as compact JSON, empty fields left out. */
export const DOCUMENT_BYTES_MAX = 256 * 1024;

/** A value that is larger than its limit, or an address that no browser should be led to. */
export interface Misfit {
  /** From the document to the value; the first part is the field. */
  readonly path: readonly [string, ...(string | number)[]];
  /** Names what would be right, and for a limit the size. */
  readonly detail: string;
}

export interface FittedValue {
  /** Undefined where nothing of it is left. */
  readonly value: Json | undefined;
  readonly leftOut: readonly Misfit[];
}

const TITLES: ReadonlySet<string> = new Set(["title", "subtitle", "originalTitle"]);
const URLS: ReadonlySet<string> = new Set(["url", "coverUrl", "bannerUrl"]);
const FREE_FIELD = "customMetadata";

/**
 * Everything within a field's value that may not come in. A list that is too long is not looked into.
 */
export function misfitsOf(field: string, value: Json): Misfit[] {
  const found: Misfit[] = [];
  collect([field], value, found);
  return found;
}

/**
 * A field's value without what may not come in. Of a list the items go that hold such a thing, of
 * `customMetadata` its fields; any other value goes as a whole.
 */
export function fitValue(field: string, value: Json): FittedValue {
  const leftOut = misfitsOf(field, value);
  if (leftOut.length === 0) return { value, leftOut };
  const parts = new Set(leftOut.map(({ path }) => path[1]));
  // The value itself may not.
  if (parts.has(undefined)) return { value: undefined, leftOut };
  if (Array.isArray(value)) return { value: value.filter((_, at) => !parts.has(at)), leftOut };
  if (field !== FREE_FIELD || value === null || typeof value !== "object") {
    return { value: undefined, leftOut };
  }
  const kept = Object.entries(value).filter(([name]) => !parts.has(name));
  return { value: Object.fromEntries(kept), leftOut };
}

/** Bytes of a document as {@linkcode DOCUMENT_BYTES_MAX} counts them. */
export function documentBytes(fields: Readonly<Record<string, Json>>): number {
  return countUtf8Bytes(JSON.stringify(fields));
}

/** What is said of a document that would become too large. */
export function documentTooLarge(bytes: number): string {
  return `The document must have at most ${DOCUMENT_BYTES_MAX} bytes as JSON: ` +
    `with this it would have ${bytes}`;
}

/** A text of at most so many characters. zod's own `max` counts UTF-16 units instead. */
export function charactersAtMost(charactersMax: number) {
  return z.string().check(({ value, issues }) => {
    if (!hasMoreCharacters(value, charactersMax)) return;
    issues.push({
      code: "too_big",
      origin: "string",
      maximum: charactersMax,
      inclusive: true,
      input: value,
    });
  });
}

/** A text of at most so many bytes in UTF-8. */
export function bytesAtMost(bytesMax: number) {
  return z.string().check(({ value, issues }) => {
    // No character takes more than three bytes for each of its UTF-16 units.
    if (value.length * 3 <= bytesMax) return;
    const bytes = countUtf8Bytes(value);
    if (bytes > bytesMax) issues.push(tooBig(value, "string", bytesMax, "bytes in UTF-8", bytes));
  });
}

const NO_WEB_ADDRESS = "Must be an address that begins with http:// or https://";

/** An address that people follow, or that a picture is loaded from: never `javascript:` and the like. */
export const WebAddress = charactersAtMost(URL_CHARACTERS_MAX)
  .refine(isWebAddress, { error: NO_WEB_ADDRESS });

/** Checks that an object, such as an entry of a list, is no larger than a document may be. */
export const fitsDocument: z.core.CheckFn<object> = ({ value, issues }) => {
  // Without a part that is too large itself the whole may fit.
  if (issues.length > 0) return;
  const bytes = countUtf8Bytes(JSON.stringify(value));
  if (bytes <= DOCUMENT_BYTES_MAX) return;
  issues.push(tooBig(value, "object", DOCUMENT_BYTES_MAX, "bytes as JSON", bytes));
};

function tooBig(
  input: unknown,
  origin: string,
  maximum: number,
  unit: string,
  size: number,
): z.core.$ZodRawIssue {
  const message = tooLarge(maximum, unit, size);
  return { code: "too_big", origin, maximum, inclusive: true, input, message };
}

function collect(path: Misfit["path"], value: Json, found: Misfit[]): void {
  if (typeof value === "string") {
    const detail = textFault(path, value);
    if (detail !== undefined) found.push({ path, detail });
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((item, at) => [at, item])
    : Object.entries(value);
  if (entries.length > LIST_ITEMS_MAX) {
    const unit = Array.isArray(value) ? "items" : "fields";
    found.push({ path, detail: tooLarge(LIST_ITEMS_MAX, unit, entries.length) });
    return;
  }
  for (const [name, child] of entries) collect([...path, name], child, found);
}

function textFault(path: Misfit["path"], text: string): string | undefined {
  const name = path.findLast((part) => typeof part === "string") ?? "";
  if (path[0] === FREE_FIELD || name === "summary") {
    // No character takes more than three bytes for each of its UTF-16 units.
    if (text.length * 3 <= SUMMARY_BYTES_MAX) return undefined;
    const bytes = countUtf8Bytes(text);
    return bytes > SUMMARY_BYTES_MAX
      ? tooLarge(SUMMARY_BYTES_MAX, "bytes in UTF-8", bytes)
      : undefined;
  }
  const isAddress = URLS.has(name);
  const charactersMax = TITLES.has(name)
    ? TITLE_CHARACTERS_MAX
    : isAddress
    ? URL_CHARACTERS_MAX
    : TEXT_CHARACTERS_MAX;
  if (hasMoreCharacters(text, charactersMax)) {
    return tooLarge(charactersMax, "characters", countCharacters(text));
  }
  return isAddress && !isWebAddress(text) ? NO_WEB_ADDRESS : undefined;
}

function isWebAddress(text: string): boolean {
  const { protocol } = URL.parse(text) ?? {};
  return protocol === "http:" || protocol === "https:";
}

function tooLarge(limit: number, unit: string, size: number): string {
  return `Must have at most ${limit} ${unit}: has ${size}`;
}
