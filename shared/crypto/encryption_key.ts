/** How an encryption key is written in configuration, and the errors that say what is wrong. */
import { KEY_BYTES } from "./aes_gcm.ts";

export type ParsedKey =
  | { ok: true; key: Uint8Array }
  | { ok: false; problem: string };

export type ParsedKeys =
  | { ok: true; keys: Uint8Array[] }
  | { ok: false; problem: string };

const HOW_TO_MAKE_ONE = 'make one with "openssl rand -base64 32"';

/**
 * Reads one key: standard base64 (RFC 4648, section 4) of exactly 32 bytes; white space around it,
 * as a file has at its end, is ignored. The problem text never repeats the value.
 */
export function parseEncryptionKey(text: string): ParsedKey {
  const problem = (found: string): ParsedKey => ({
    ok: false,
    problem: `Must be the base64 of exactly ${KEY_BYTES} bytes, is ${found}: ${HOW_TO_MAKE_ONE}`,
  });
  const trimmed = text.trim();
  if (trimmed === "") return problem("empty");
  let key: Uint8Array;
  try {
    key = Uint8Array.fromBase64(trimmed, { lastChunkHandling: "strict" });
  } catch {
    return problem("not base64");
  }
  if (key.length !== KEY_BYTES) return problem(`${key.length} bytes`);
  return { ok: true, key };
}

/** Reads a comma-separated list of keys, newest first; an empty text is an empty list. */
export function parsePreviousKeys(text: string): ParsedKeys {
  const keys: Uint8Array[] = [];
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  for (const [index, part] of parts.entries()) {
    const parsed = parseEncryptionKey(part);
    if (!parsed.ok) return { ok: false, problem: `Key ${index + 1}: ${parsed.problem}` };
    keys.push(parsed.key);
  }
  return { ok: true, keys };
}
