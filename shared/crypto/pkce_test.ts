import { deepStrictEqual as equal, match } from "node:assert/strict";
import { codeChallengeS256, createCodeVerifier, verifyCodeChallenge } from "./pkce.ts";

// RFC 7636, appendix B.
const OCTETS = Uint8Array.of(
  ...[116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186],
  ...[22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121],
);
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

Deno.test("verifier and challenge agree with RFC 7636, appendix B", () => {
  equal(createCodeVerifier(() => OCTETS), VERIFIER);
  equal(codeChallengeS256(VERIFIER), CHALLENGE);
  equal(verifyCodeChallenge(VERIFIER, CHALLENGE), true);
});

Deno.test("a verifier has 43 unreserved characters and does not repeat", () => {
  const verifiers = Array.from({ length: 200 }, () => createCodeVerifier());
  for (const verifier of verifiers) match(verifier, /^[A-Za-z0-9_-]{43}$/);
  equal(new Set(verifiers).size, 200);
});

Deno.test("another verifier, a challenge of method plain and a malformed verifier are refused", () => {
  equal(verifyCodeChallenge(createCodeVerifier(), CHALLENGE), false);
  equal(verifyCodeChallenge(VERIFIER, VERIFIER), false);
  for (
    const malformed of ["", VERIFIER.slice(1), `${VERIFIER}=`, "é".repeat(43), "a".repeat(129)]
  ) {
    equal(verifyCodeChallenge(malformed, codeChallengeS256(malformed)), false);
  }
});
