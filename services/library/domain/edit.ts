/** A person's edit of a document. */
import {
  documentTooLarge,
  type FieldError,
  type Json,
  misfitsOf,
  toPointer,
} from "@codex/protocol";
import { type Fields, isEmpty, sameValue } from "./document.ts";
import { excessBytes } from "./document_size.ts";
import { storable } from "./storable_text.ts";
import type { FieldChange } from "./write.ts";

export type EditResult =
  | { readonly ok: true; readonly changes: readonly FieldChange[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Where an edit's fields are in its body. */
const BASE = "/metadata";
/** Faults of one edit that are told. */
const ERRORS_MAX = 100;

/**
 * The changes that an edit makes: only of what it names, only where the value differs; `null` or `[]`
 * empties a field, but every series and book keeps a title. Only what is written anew must be within
 * the limits of a document.
 */
export function changesOf(stored: Fields, edit: Readonly<Record<string, Json>>): EditResult {
  const changes: FieldChange[] = [];
  const errors: FieldError[] = [];
  for (const [field, given] of Object.entries(edit)) {
    const value = storable(given);
    if (field === "title" && (typeof value !== "string" || value.trim() === "")) {
      errors.push({ pointer: `${BASE}/title`, detail: "The title can't be empty" });
    }
    if (sameValue(stored[field], value)) continue;
    for (const { path, detail } of misfitsOf(field, value)) {
      errors.push({ pointer: BASE + toPointer(path), detail });
    }
    changes.push({ field, before: stored[field] ?? null, after: isEmpty(value) ? null : value });
  }
  if (errors.length > 0) return { ok: false, errors: errors.slice(0, ERRORS_MAX) };
  const bytes = excessBytes(stored, changes);
  if (bytes === undefined) return { ok: true, changes };
  return { ok: false, errors: [{ pointer: BASE, detail: documentTooLarge(bytes) }] };
}
