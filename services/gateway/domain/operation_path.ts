/** An operation's path as the router takes it, and as its owner is asked for it. */
import { API_BASE } from "@codex/protocol";

const PARAMETER = /\{(\w+)\}/g;

/** `/books/{id}` → `/api/v1/books/:id`. */
export function routePath(path: string): string {
  return `${API_BASE}${path.replaceAll(PARAMETER, ":$1")}`;
}

/** The names of a path's parameters, in order. */
export function parameterNames(path: string): string[] {
  return [...path.matchAll(PARAMETER)].map((match) => match[1] ?? "");
}

/**
 * Makes the function that fills in a path's parameters.
 *
 * The path is built anew instead of passed on: whatever a client wrote, the owner is asked for this
 * operation and no other. The function gives undefined for `.` and `..`, which URL parsers take out of
 * a path even when they are escaped.
 */
export function pathFiller(
  path: string,
): (param: (name: string) => string | undefined) => string | undefined {
  // Alternately literal text and a parameter's name.
  const [head = "", ...rest] = `${API_BASE}${path}`.split(PARAMETER);
  return (param) => {
    let filled = head;
    for (let i = 0; i < rest.length; i += 2) {
      const value = param(rest[i] ?? "") ?? "";
      if (value === "" || value === "." || value === "..") return undefined;
      filled += encodeURIComponent(value) + (rest[i + 1] ?? "");
    }
    return filled;
  };
}

/** The query of a request's URL with its question mark, as the client wrote it; empty without one. */
export function rawQueryOf(url: string): string {
  const start = url.indexOf("?");
  if (start === -1) return "";
  const end = url.indexOf("#", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
