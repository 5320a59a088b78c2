/** Undoing one recorded act where nothing newer stands on it. */
import { type Fields, sameValue } from "./document.ts";
import type { FieldChange } from "./write.ts";

export interface RevertPlan {
  readonly changes: readonly FieldChange[];
  readonly skipped: readonly { field: string; reason: string }[];
}

export function planRevert(stored: Fields, recorded: readonly FieldChange[]): RevertPlan {
  const changes: FieldChange[] = [];
  const skipped: { field: string; reason: string }[] = [];
  for (const { field, before, after } of recorded) {
    if (sameValue(stored[field], after)) changes.push({ field, before: after, after: before });
    else skipped.push({ field, reason: "The field has been written again since" });
  }
  return { changes, skipped };
}
