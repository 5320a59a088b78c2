/**
 * What a preview was made of, in one short string. Apply makes it again under the row's lock, and says
 * which part has changed since (http-api.md: "a stale snapshot is 409").
 */
import { mayWrite, type PluginId } from "@codex/protocol";
import type { Locks } from "./act.ts";
import { digestJson } from "./digest.ts";
import { type Fields, FIELDS_OF_KIND, type Kind } from "./document.ts";

const FORMAT = "1";

const PARTS = [
  "the stored document",
  "its locks",
  "the plugin's answer",
  "the plugin's permissions",
] as const;

export interface SnapshotParts {
  readonly kind: Kind;
  readonly id: string;
  readonly version: number;
  readonly locks: Locks;
  readonly pluginId: PluginId;
  readonly externalId: string;
  /** The plugin's answer, before it is laid over the document. */
  readonly answer: Fields;
  readonly granted: ReadonlySet<string>;
}

export function snapshotOf(parts: SnapshotParts): string {
  const { kind, id, version, locks, pluginId, externalId, answer, granted } = parts;
  const locked = Object.keys(locks).filter((field) => locks[field]);
  const writable = FIELDS_OF_KIND[kind].filter((field) => mayWrite(granted, field));
  return [
    FORMAT,
    String(version),
    digestJson(locked.sort()),
    digestJson({ kind, id, pluginId, externalId, answer }),
    digestJson(writable),
  ].join(".");
}

/** Which parts changed between two snapshots; empty when they are the same. */
export function changedParts(taken: string, now: string): string[] {
  if (taken === now) return [];
  const before = taken.split(".");
  const after = now.split(".");
  if (before.length !== after.length || before[0] !== after[0]) {
    return ["the snapshot is not one that a preview gave"];
  }
  return PARTS.filter((_, index) => before[index + 1] !== after[index + 1]);
}
