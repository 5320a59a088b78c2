/** What a failed call was asked, for the failure list: names of fields and sizes, no values. */
import type { JsonObject } from "@codex/protocol";

const FIELDS_MAX = 20;

/** For instance `query, limit` or `entries (25)`. */
export function summarize(params: JsonObject): string {
  const names = Object.entries(params).slice(0, FIELDS_MAX).map(([name, value]) =>
    Array.isArray(value) ? `${name} (${value.length})` : name
  );
  return names.join(", ").slice(0, 500);
}
