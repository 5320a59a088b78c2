/** Words for what a schema refuses: zod's own speak of "input" and "nonoptional". */
import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

/**
 * What is wrong and what would be right, for people. To be passed to a parse as `error`; a message of
 * the schema's own counts more.
 *
 * @returns undefined where zod's words have to do
 */
export function plainWords(issue: RawIssue): string | undefined {
  if (issue.input === undefined && MISSING_CODES.has(issue.code)) return "Is missing";
  switch (issue.code) {
    case "invalid_type":
      // A query parameter that is given twice is a list.
      return `Must be ${TYPES[issue.expected] ?? issue.expected}${
        Array.isArray(issue.input) ? ", not a list" : ""
      }`;
    case "invalid_value":
      return `Must be ${alternatives(issue.values)}`;
    case "too_small":
      return issue.minimum === 1 && issue.inclusive === true && issue.origin === "string"
        ? "Must not be empty"
        : bound(issue, issue.minimum, issue.inclusive === false ? "more than" : "at least");
    case "too_big":
      return bound(issue, issue.maximum, issue.inclusive === false ? "less than" : "at most");
    case "unrecognized_keys":
      return `Has no field ${alternatives(issue.keys)}`;
    case "invalid_format":
      return FORMATS[issue.format];
    default:
      return undefined;
  }
}

/** Of a union too: nothing fits none of its alternatives. */
const MISSING_CODES: ReadonlySet<string> = new Set([
  "invalid_type",
  "invalid_value",
  "invalid_union",
]);

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "Must be a UUID",
  email: "Must be an email address",
  url: "Must be a URL",
  datetime: "Must be a time of ISO 8601, such as 2026-01-31T12:00:00Z",
  date: "Must be a date of ISO 8601, such as 2026-01-31",
};

const UNITS: Readonly<Record<string, string>> = { string: "character", array: "item" };

function bound(
  { origin, exact }: { readonly origin?: unknown; readonly exact?: unknown },
  limit: unknown,
  relation: string,
): string {
  const amount = `${exact === true ? "exactly" : relation} ${limit}`;
  const unit = UNITS[String(origin)];
  return unit === undefined
    ? `Must be ${amount}`
    : `Must have ${amount} ${unit}${limit === 1 ? "" : "s"}`;
}

/** `"a", "b" or "c"` */
function alternatives(values: readonly unknown[]): string {
  const names = values.map((value) => typeof value === "string" ? `"${value}"` : String(value));
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} or ${last}`;
}
