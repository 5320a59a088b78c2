/** What of a plugin's JSON the database can't keep: PostgreSQL's jsonb takes no NUL and no half of a character. */
import { toPointer } from "@codex/protocol";

/**
 * The first value or key that can't be stored, as a pointer and in words; undefined if all can.
 *
 * @param value parsed JSON of bounded depth
 */
export function findUnstorable(
  value: unknown,
  path: readonly PropertyKey[] = [],
): string | undefined {
  if (typeof value === "string") return faultOf(value, path);
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const fault = faultOf(key, path, "A key holds") ?? findUnstorable(child, [...path, key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOf(text: string, path: readonly PropertyKey[], holds = "Holds"): string | undefined {
  if (text.includes("\0")) return `${toPointer(path) || "/"}: ${holds} the character NUL`;
  if (!text.isWellFormed()) {
    return `${toPointer(path) || "/"}: ${holds} half of a character (a lone UTF-16 surrogate)`;
  }
  return undefined;
}
