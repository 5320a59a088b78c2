/**
 * Tolerant reading of what plugins send (protocol.md: "be strict in what is sent, tolerant in what is
 * accepted").
 *
 * The schemas themselves are strict; the tolerance lives here, once:
 * - `null` for an optional field or a list reads as missing,
 * - what isn't as it should be is left out of the message and reported, as far as the reader tolerates
 *   that; so is the item of a list that can't do without it,
 * - a number that JSON.parse reads as infinite (`1e400`) is out of its range too,
 * - unknown fields are ignored (zod objects drop them).
 */
import type { z } from "zod";
import { toPointer } from "./json_pointer.ts";
import { type IgnoredValue, LenientCopy, type Tolerance } from "./lenient_copy.ts";
import { plainWords } from "./plain_words.ts";

export type { IgnoredValue } from "./lenient_copy.ts";

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

/** Rounds of leaving out: of a value, of the item that can't do without it, and of what holds that. */
const ROUNDS_MAX = 8;

const WORDS = { error: plainWords };

/**
 * Reads one message by its schema.
 *
 * @param schema the strict schema of the message
 * @param raw the parsed JSON; it is not changed
 * @param tolerance which values that aren't allowed are left out
 */
export function readWire<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  tolerance: Tolerance = "ranges",
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

  const copy = new LenientCopy(raw, tolerance);
  let attempt = schema.safeParse(copy.value, WORDS);
  for (let round = 0; round < ROUNDS_MAX && !attempt.success; round++) {
    if (!copy.leaveOut(attempt.error.issues)) break;
    attempt = schema.safeParse(copy.value, WORDS);
  }
  if (attempt.success) return { ok: true, value: attempt.data, ignored: copy.ignored };
  const issues = attempt.error.issues.map(({ path, message }) => ({
    pointer: copy.pointerTo(path),
    message,
  }));
  return { ok: false, issues };
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

/** Whether arrays and objects are nested deeper than `depthMax`; looks no deeper than that itself. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depthMax === 0) return true;
  for (const child of Object.values(value)) {
    if (isDeeperThan(child, depthMax - 1)) return true;
  }
  return false;
}
