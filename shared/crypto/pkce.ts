/** Proof Key for Code Exchange (RFC 7636), method S256 only: `plain` protects nothing. */
import { createHash } from "node:crypto";
import { type RandomBytes, secureRandomBytes } from "./random.ts";
import { constantTimeEqualText, encodeBase64url } from "./tokens.ts";

/** RFC 7636, section 4.1: 43 to 128 characters of the unreserved set. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/** Makes a code verifier: 32 random octets, base64url, 43 characters (RFC 7636, section 4.1). */
export function createCodeVerifier(random: RandomBytes = secureRandomBytes): string {
  return encodeBase64url(random(32));
}

/** BASE64URL(SHA256(ASCII(code_verifier))) (RFC 7636, section 4.2). */
export function codeChallengeS256(verifier: string): string {
  return encodeBase64url(createHash("sha256").update(verifier, "ascii").digest());
}

/** Whether `verifier` is well-formed and belongs to `challenge` (RFC 7636, section 4.6). */
export function verifyCodeChallenge(verifier: string, challenge: string): boolean {
  return VERIFIER.test(verifier) &&
    constantTimeEqualText(codeChallengeS256(verifier), challenge);
}
