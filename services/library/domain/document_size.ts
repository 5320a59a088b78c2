/** Keeps what is written within the limits of a document; what is stored already has none. */
import {
  DOCUMENT_BYTES_MAX,
  documentBytes,
  documentTooLarge,
  fitValue,
  type IgnoredValue,
  type Json,
  toPointer,
} from "@codex/protocol";
import type { Fields } from "./document.ts";
import type { FieldChange } from "./write.ts";

export interface FittedFields {
  readonly fields: Fields;
  /** Pointers into the document. */
  readonly leftOut: readonly IgnoredValue[];
}

export interface FittedChanges {
  readonly changes: readonly FieldChange[];
  readonly leftOut: readonly { readonly field: string; readonly reason: string }[];
}

/**
 * Each field's value without what is too large in it; a field of which nothing is left is left out.
 */
export function fitFields(fields: Fields): FittedFields {
  const leftOut: IgnoredValue[] = [];
  const fitted: Record<string, Json> = {};
  for (const [field, given] of Object.entries(fields)) {
    const { value, leftOut: misfits } = fitValue(field, given);
    for (const { path, detail } of misfits) {
      leftOut.push({ pointer: toPointer(path), reason: detail });
    }
    if (value !== undefined) fitted[field] = value;
  }
  return leftOut.length === 0 ? { fields, leftOut } : { fields: fitted, leftOut };
}

/**
 * The size of the document after the changes, if it is too large for them. One that is too large
 * already may be made smaller.
 */
export function excessBytes(stored: Fields, changes: readonly FieldChange[]): number | undefined {
  const bytes = documentBytes(afterChanges(stored, changes));
  return bytes > DOCUMENT_BYTES_MAX && bytes > documentBytes(stored) ? bytes : undefined;
}

/** As many of the changes as the document has room for: those that add most to it go first. */
export function fitChanges(stored: Fields, changes: readonly FieldChange[]): FittedChanges {
  const leftOut: { field: string; reason: string }[] = [];
  let kept = changes;
  for (
    let bytes = excessBytes(stored, kept);
    bytes !== undefined;
    bytes = excessBytes(stored, kept)
  ) {
    const largest = kept.reduce((most, it) => growthOf(it) > growthOf(most) ? it : most);
    leftOut.push({ field: largest.field, reason: documentTooLarge(bytes) });
    kept = kept.filter((it) => it !== largest);
  }
  return { changes: kept, leftOut };
}

function afterChanges(stored: Fields, changes: readonly FieldChange[]): Fields {
  const next: Record<string, Json> = { ...stored };
  for (const { field, after } of changes) {
    if (after === null) delete next[field];
    else next[field] = after;
  }
  return next;
}

function growthOf({ before, after }: FieldChange): number {
  return bytesOf(after) - bytesOf(before);
}

function bytesOf(value: Json): number {
  return value === null ? 0 : documentBytes({ value });
}
