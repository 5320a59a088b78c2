/** RFC 6901: how a place within a JSON value is named. */

/** Writes a path as an RFC 6901 pointer. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
