/** Undoing one recorded act where nothing newer stands on it. */
import { misfitsOf } from "@codex/protocol";
import { type Fields, sameValue } from "./document.ts";
import { fitChanges } from "./document_size.ts";
import type { FieldChange } from "./write.ts";

export interface RevertPlan {
  readonly changes: readonly FieldChange[];
  readonly skipped: readonly { field: string; reason: string }[];
}

/** A former value may date from a time without limits: one that is too large today stays away. */
export function planRevert(stored: Fields, recorded: readonly FieldChange[]): RevertPlan {
  const changes: FieldChange[] = [];
  const skipped: { field: string; reason: string }[] = [];
  for (const { field, before, after } of recorded) {
    const [misfit] = misfitsOf(field, before);
    if (!sameValue(stored[field], after)) {
      skipped.push({ field, reason: "The field has been written again since" });
    } else if (misfit !== undefined) {
      skipped.push({ field, reason: `The former value doesn't fit: ${misfit.detail}` });
    } else changes.push({ field, before: after, after: before });
  }
  const fitted = fitChanges(stored, changes);
  return { changes: fitted.changes, skipped: [...skipped, ...fitted.leftOut] };
}
