/** What decides about a user's connection to a plugin, apart from where it is stored. */
import { type JsonObject, type Manifest, RESERVED_CONFIG_KEY } from "@codex/protocol";

/** Bytes of a connection's configuration as compact JSON; far beyond any form, small for a row. */
export const CONFIG_BYTES_MAX = 65_536;

/** Whether the plugin works without anything of the user: then it is connected once enabled. */
export function needsNoUserAuth(manifest: Manifest): boolean {
  return manifest.oauth === undefined &&
    manifest.requiredCredentials.every((field) => !field.required);
}

export type ConfigResult =
  | { readonly kind: "ok"; readonly config: JsonObject }
  | { readonly kind: "refused"; readonly pointer: string; readonly detail: string };

/**
 * The configuration that replaces `current`. `_codex`, the server's own part, stays as it is when the
 * change doesn't name it, so that a plugin's settings form can't lose it.
 */
export function changeConfig(current: JsonObject, change: JsonObject): ConfigResult {
  const reserved = change[RESERVED_CONFIG_KEY];
  if (reserved !== undefined && !isObject(reserved)) {
    const pointer = `/config/${RESERVED_CONFIG_KEY}`;
    return { kind: "refused", pointer, detail: "Must be an object" };
  }
  const kept = current[RESERVED_CONFIG_KEY];
  const config = reserved === undefined && kept !== undefined
    ? { ...change, [RESERVED_CONFIG_KEY]: kept }
    : { ...change };
  const bytes = new TextEncoder().encode(JSON.stringify(config)).length;
  if (bytes > CONFIG_BYTES_MAX) {
    const detail = `Must be at most ${CONFIG_BYTES_MAX} bytes, is ${bytes}`;
    return { kind: "refused", pointer: "/config", detail };
  }
  return { kind: "ok", config };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
