import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  constantTimeEqual,
  constantTimeEqualText,
  encodeBase64url,
  hashToken,
  issueToken,
} from "./tokens.ts";

Deno.test("a token is its prefix and 256 bits of URL-safe base64", () => {
  match(issueToken("cxs").token, /^cxs_[A-Za-z0-9_-]{43}$/);
  equal(issueToken("cxs", (length) => new Uint8Array(length)).token, `cxs_${"A".repeat(43)}`);
});

Deno.test("the stored hash is the SHA-256 of the whole token", () => {
  // FIPS 180-2, appendix B.1.
  equal(
    hashToken("abc").toHex(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  const { token, hash } = issueToken("cxs");
  equal(hash.toHex(), hashToken(token).toHex());
});

Deno.test("tokens do not repeat", () => {
  equal(new Set(Array.from({ length: 1000 }, () => issueToken("t").token)).size, 1000);
});

Deno.test("base64url has no padding and no character that a URL escapes (RFC 4648, section 5)", () => {
  equal(encodeBase64url(Uint8Array.of(0xff, 0xef, 0xfe, 0x3e)), "_-_-Pg");
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const text = encodeBase64url(bytes);
    equal(encodeURIComponent(text), text);
    equal([...Uint8Array.fromBase64(text, { alphabet: "base64url" })], [...bytes]);
  }));
});

Deno.test("comparing byte strings agrees with equality and takes any lengths", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
    equal(constantTimeEqual(left, right), encodeBase64url(left) === encodeBase64url(right));
    ok(constantTimeEqual(left, left.slice()));
  }));
});

Deno.test("comparing texts agrees with equality", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (left, right) => {
    equal(constantTimeEqualText(left, right), left === right);
    ok(constantTimeEqualText(left, `${left}`));
  }));
});
