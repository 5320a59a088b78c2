/** A person's edit of a document. */
import type { FieldError, Json } from "@codex/protocol";
import { type Fields, isEmpty, sameValue } from "./document.ts";
import { storable } from "./storable_text.ts";
import type { FieldChange } from "./write.ts";

export type EditResult =
  | { readonly ok: true; readonly changes: readonly FieldChange[] }
  | { readonly ok: false; readonly error: FieldError };

/**
 * The changes that an edit makes: only of what it names, only where the value differs; `null` or `[]`
 * empties a field, but every series and book keeps a title.
 */
export function changesOf(stored: Fields, edit: Readonly<Record<string, Json>>): EditResult {
  const changes: FieldChange[] = [];
  for (const [field, given] of Object.entries(edit)) {
    const value = storable(given);
    if (field === "title" && (typeof value !== "string" || value.trim() === "")) {
      return {
        ok: false,
        error: { pointer: "/metadata/title", detail: "The title can't be empty" },
      };
    }
    if (sameValue(stored[field], value)) continue;
    changes.push({ field, before: stored[field] ?? null, after: isEmpty(value) ? null : value });
  }
  return { ok: true, changes };
}
