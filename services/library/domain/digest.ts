/** Digests by which documents and answers are compared without keeping them. */
import { hash } from "node:crypto";
import type { Json } from "@codex/protocol";

/** 128 bits of SHA-256, base64url: nobody can make two texts with the same. */
export function digestText(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 22);
}

/** Of a JSON value; the order of object keys doesn't count. */
export function digestJson(value: Json): string {
  return digestText(JSON.stringify(sorted(value)));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((key) => [key, sorted(value[key] ?? null)]),
  );
}
