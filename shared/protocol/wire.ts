/**
 * Tolerant reading of what plugins send (protocol.md: "be strict in what is sent, tolerant in what is
 * accepted").
 *
 * The schemas themselves are strict; the tolerance lives here, once:
 * - `null` for an optional field or a list reads as missing,
 * - an unknown value of an enumeration is left out of the document and reported,
 * - unknown fields are ignored (zod objects drop them).
 */
import type { z } from "zod";
import { plainWords } from "./plain_words.ts";

/** Something that was left out of an otherwise good message. */
export interface IgnoredValue {
  /** RFC 6901 pointer into the message, for instance `/authors/0/role`. */
  readonly pointer: string;
  readonly reason: string;
}

export interface WireIssue {
  /** RFC 6901 pointer into the message. */
  readonly pointer: string;
  readonly message: string;
}

export type WireResult<Value> =
  | { readonly ok: true; readonly value: Value; readonly ignored: readonly IgnoredValue[] }
  | { readonly ok: false; readonly issues: readonly WireIssue[] };

/** Nesting beyond this is refused: no message of the protocol needs it, and walking it could overflow the stack. */
export const WIRE_DEPTH_MAX = 64;

const WORDS = { error: plainWords };

/**
 * Reads one message by its schema.
 *
 * @param schema the strict schema of the message
 * @param raw the parsed JSON; it is not changed
 */
export function readWire<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
): WireResult<z.output<Schema>> {
  // Depth first: zod itself recurses, so hostile nesting must not reach it.
  if (isDeeperThan(raw, WIRE_DEPTH_MAX)) {
    return {
      ok: false,
      issues: [{ pointer: "", message: `Nested deeper than ${WIRE_DEPTH_MAX} levels` }],
    };
  }
  const direct = schema.safeParse(raw, WORDS);
  if (direct.success) return { ok: true, value: direct.data, ignored: [] };

  const lenient = withoutNulls(raw);
  const ignored: IgnoredValue[] = [];
  let attempt = schema.safeParse(lenient, WORDS);
  if (!attempt.success) {
    for (const issue of attempt.error.issues) {
      if (issue.code !== "invalid_value") continue;
      const found = removeAt(lenient, issue.path);
      if (found === undefined) continue;
      ignored.push({
        pointer: toPointer(issue.path),
        reason: `Unknown value ${preview(found)}: known are ${issue.values.join(", ")}`,
      });
    }
    if (ignored.length > 0) attempt = schema.safeParse(withoutHoles(lenient), WORDS);
  }
  if (attempt.success) return { ok: true, value: attempt.data, ignored };
  return { ok: false, issues: toIssues(attempt.error) };
}

/** Lists a zod error's issues by RFC 6901 pointer. */
export function toIssues(error: z.ZodError): WireIssue[] {
  return error.issues.map((issue) => ({
    pointer: toPointer(issue.path),
    message: issue.message,
  }));
}

/** An issue in one line; what is wrong with the whole needs no pointer. */
export function tellIssue({ pointer, message }: WireIssue): string {
  return pointer === "" ? message : `${pointer}: ${message}`;
}

/** Writes a path as an RFC 6901 pointer. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** Whether arrays and objects are nested deeper than `depthMax`; looks no deeper than that itself. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depthMax === 0) return true;
  for (const child of Object.values(value)) {
    if (isDeeperThan(child, depthMax - 1)) return true;
  }
  return false;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => item !== null).map(withoutNulls);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  );
}

/** Takes the value at `path` out of `root` (already a copy of ours) and returns it, or undefined where there is none. */
function removeAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let parent: unknown = root;
  for (const part of path.slice(0, -1)) {
    if (typeof parent !== "object" || parent === null) return undefined;
    parent = Reflect.get(parent, part);
  }
  const last = path.at(-1);
  if (last === undefined || typeof parent !== "object" || parent === null) return undefined;
  const found: unknown = Reflect.get(parent, last);
  // A list keeps its length while other issues still point into it by index.
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else Reflect.deleteProperty(parent, last);
  return found;
}

/** Closes the gaps that {@linkcode removeAt} left in lists. */
function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => item !== undefined).map(withoutHoles);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withoutHoles(child)]),
  );
}

function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
