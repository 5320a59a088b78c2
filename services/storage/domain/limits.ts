/** What a plugin may store (protocol.md: "Plugin → host methods"). Limits hold on writes only. */
import {
  STORAGE_KEY_CHARACTERS_MAX,
  STORAGE_KEYS_MAX,
  STORAGE_VALUE_BYTES_MAX,
} from "@codex/protocol";

export interface StorageLimits {
  /** Live keys of one connection; replacing one doesn't count. */
  readonly keysMax: number;
  /** Of a value's compact JSON in UTF-8. */
  readonly valueBytesMax: number;
  /** Unicode code points. */
  readonly keyCharactersMax: number;
}

export const STORAGE_LIMITS: StorageLimits = {
  keysMax: STORAGE_KEYS_MAX,
  valueBytesMax: STORAGE_VALUE_BYTES_MAX,
  keyCharactersMax: STORAGE_KEY_CHARACTERS_MAX,
};

export type LimitResult =
  | { readonly ok: true }
  | {
    readonly ok: false;
    readonly code: "bad_request" | "quota_exceeded";
    readonly detail: string;
  };

export function checkKey(key: string, { keyCharactersMax }: StorageLimits): LimitResult {
  if (key !== "" && !hasMoreCharacters(key, keyCharactersMax)) return { ok: true };
  return {
    ok: false,
    code: "bad_request",
    detail: `A key must have 1 to ${keyCharactersMax} characters`,
  };
}

export function checkValueBytes(bytes: number, { valueBytesMax }: StorageLimits): LimitResult {
  if (bytes <= valueBytesMax) return { ok: true };
  return {
    ok: false,
    code: "quota_exceeded",
    detail: `A value has at most ${valueBytesMax} bytes as compact JSON: this one has ${bytes}`,
  };
}

/** Counts code points, of which each is one or two UTF-16 units, and only where that can matter. */
function hasMoreCharacters(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return false;
  if (text.length > 2 * charactersMax) return true;
  return [...text].length > charactersMax;
}
