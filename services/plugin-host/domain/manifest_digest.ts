/** The digest by which an administrator approves exactly what was shown. */
import { createHash } from "node:crypto";
import type { Manifest } from "@codex/protocol";
import type { FileWishes } from "../db/plugin_record.ts";

export interface Digestible {
  readonly manifest: Manifest;
  readonly fileWishes: FileWishes;
  readonly command: string;
  readonly args: readonly string[];
}

/** SHA-256 of the canonical JSON of all that is shown before a grant, in hexadecimal. */
export function digestOf(seen: Digestible): string {
  const { manifest, fileWishes, command, args } = seen;
  const text = canonicalJson({ manifest, fileWishes, command, args });
  return createHash("sha256").update(text).digest("hex");
}

/** Names what differs between two manifests, for people: `capabilities.userReadSync: false → true`. */
export function differences(before: unknown, after: unknown, path = ""): string[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (!isPlainObject(before) || !isPlainObject(after)) {
    return [`${path || "manifest"}: ${shown(before)} → ${shown(after)}`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) =>
    differences(before[key], after[key], path === "" ? key : `${path}.${key}`)
  );
}

/** JSON with the keys of every object sorted, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) =>
      isPlainObject(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "null";
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
