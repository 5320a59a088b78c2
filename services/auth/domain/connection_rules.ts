/** What decides about a user's connection to a plugin, apart from where it is stored. */
import {
  type ConfigSchema,
  type FieldError,
  type JsonObject,
  type Manifest,
  RESERVED_CONFIG_KEY,
} from "@codex/protocol";
import { findConfigFaults } from "./user_config.ts";

/** Bytes of a connection's configuration as compact JSON; far beyond any form, small for a row. */
export const CONFIG_BYTES_MAX = 65_536;

/** Under this name a process gets an OAuth token or a pasted one (protocol.md: "Lifecycle"). */
export const ACCESS_TOKEN = "access_token";

export interface StatusAndReason {
  readonly status: "not_connected" | "connected";
  /** What is still to be done; null once connected. */
  readonly reason: string | null;
}

/**
 * Whether a connection has all that its plugin needs of the user. A plugin that needs nothing is
 * connected once enabled.
 *
 * @param stored names of the connection's credentials
 */
export function statusOf(manifest: Manifest, stored: readonly string[]): StatusAndReason {
  if (manifest.oauth !== undefined && !stored.includes(ACCESS_TOKEN)) {
    return { status: "not_connected", reason: null };
  }
  const missing = manifest.requiredCredentials.filter(({ key, required }) =>
    required && !stored.includes(key)
  );
  if (missing.length === 0) return { status: "connected", reason: null };
  // Before the first step there is nothing to say that the plugin's own instructions don't.
  if (stored.length === 0) return { status: "not_connected", reason: null };
  const labels = missing.map(({ label }) => `"${label}"`).join(", ");
  return { status: "not_connected", reason: `Still to be entered: ${labels}` };
}

export type ConfigResult =
  | { readonly kind: "ok"; readonly config: JsonObject }
  /** Nothing was changed; every wrong part, by pointer. */
  | { readonly kind: "refused"; readonly errors: readonly FieldError[] };

/**
 * The configuration that replaces `current`. `_codex`, the server's own part, stays as it is when the
 * change doesn't name it, so that a plugin's settings form can't lose it.
 *
 * @param schema what the plugin declares; undefined where it declares nothing
 */
export function changeConfig(
  current: JsonObject,
  change: JsonObject,
  schema: ConfigSchema | undefined,
): ConfigResult {
  const kept = current[RESERVED_CONFIG_KEY];
  const config = change[RESERVED_CONFIG_KEY] === undefined && kept !== undefined
    ? { ...change, [RESERVED_CONFIG_KEY]: kept }
    : { ...change };
  const bytes = new TextEncoder().encode(JSON.stringify(config)).length;
  if (bytes > CONFIG_BYTES_MAX) {
    const detail = `Must be at most ${CONFIG_BYTES_MAX} bytes, is ${bytes}`;
    return { kind: "refused", errors: [{ pointer: "/config", detail }] };
  }
  // Only now, for each setting has its own words.
  const errors = findConfigFaults(schema, change);
  if (errors.length > 0) return { kind: "refused", errors };
  return { kind: "ok", config };
}
