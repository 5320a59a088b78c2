/** Random bearer tokens: shown once, stored only as a hash, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type RandomBytes, secureRandomBytes } from "./random.ts";

/** 256 bits: guessing is hopeless, so a fast hash without salt is enough to store. */
const TOKEN_BYTES = 32;

export interface IssuedToken {
  /** What its holder gets, such as `cxs_Jx…`; never stored or logged. */
  readonly token: string;
  /** SHA-256 of the token, 32 bytes: what is stored and looked up by. */
  readonly hash: Uint8Array;
}

/** URL-safe base64 without padding (RFC 4648, section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Makes a token of 256 random bits, base64url, behind `prefix` and an underscore. The prefix tells
 * people and secret scanners what was found; it is no part of the secret.
 */
export function issueToken(prefix: string, random: RandomBytes = secureRandomBytes): IssuedToken {
  const token = `${prefix}_${encodeBase64url(random(TOKEN_BYTES))}`;
  return { token, hash: hashToken(token) };
}

/** SHA-256 over the whole token, prefix included. Only for random tokens, never for passwords. */
export function hashToken(token: string): Uint8Array {
  return createHash("sha256").update(token, "utf8").digest();
}

/** Compares two byte strings in time that depends on their lengths alone. */
export function constantTimeEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Compares two secrets given as text; hashing first hides even how long the expected one is. */
export function constantTimeEqualText(left: string, right: string): boolean {
  return timingSafeEqual(hashToken(left), hashToken(right));
}
