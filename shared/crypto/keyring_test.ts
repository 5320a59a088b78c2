import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { createKeyring, type SecretContext } from "./keyring.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const context: SecretContext = { purpose: "plugin_credentials", ownerId: "owner-1" };
const keyring = createKeyring({ current: key(1) });

const contexts = fc.record({
  purpose: fc.string({ maxLength: 40, unit: "grapheme" }),
  ownerId: fc.string({ maxLength: 40, unit: "grapheme" }),
});
const plaintexts = fc.uint8Array({ maxLength: 300 });

Deno.test("every value decrypts under the context that it was encrypted for", () => {
  fc.assert(fc.property(plaintexts, contexts, (plaintext, of) => {
    const result = keyring.decrypt(keyring.encrypt(plaintext, of), of);
    ok(result.kind === "ok");
    equal(result.plaintext.toHex(), plaintext.toHex());
  }));
});

Deno.test("every text round-trips, an empty one too", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    equal(keyring.decryptText(keyring.encryptText(text, context), context), { kind: "ok", text });
  }));
});

Deno.test("every single flipped bit of a stored value is refused", () => {
  const stored = keyring.encryptText("one secret", context);
  for (let bit = 0; bit < stored.length * 8; bit++) {
    const changed = stored.slice();
    changed[bit >>> 3]! ^= 1 << (bit & 7);
    ok(keyring.decrypt(changed, context).kind !== "ok", `bit ${bit} may be flipped`);
  }
});

Deno.test("any change of any stored value is refused", () => {
  fc.assert(fc.property(plaintexts, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, xor) => {
    const stored = keyring.encrypt(text, context);
    stored[at % stored.length]! ^= xor;
    ok(keyring.decrypt(stored, context).kind !== "ok");
  }));
});

Deno.test("a value is refused under any other purpose or owner", () => {
  fc.assert(fc.property(plaintexts, contexts, contexts, (plaintext, of, other) => {
    fc.pre(of.purpose !== other.purpose || of.ownerId !== other.ownerId);
    const stored = keyring.encrypt(plaintext, of);
    equal(keyring.decrypt(stored, other), { kind: "not_authentic" });
  }));
});

Deno.test("moving the border between purpose and owner is refused", () => {
  const stored = keyring.encryptText("x", { purpose: "ab", ownerId: "c" });
  equal(keyring.decrypt(stored, { purpose: "a", ownerId: "bc" }), { kind: "not_authentic" });
});

Deno.test("a value that is cut short or empty is malformed, or not authentic", () => {
  const stored = keyring.encryptText("secret", context);
  for (let length = 0; length < stored.length; length++) {
    const { kind } = keyring.decrypt(stored.subarray(0, length), context);
    ok(kind === "malformed" || kind === "not_authentic");
  }
  equal(keyring.decrypt(new Uint8Array(), context), { kind: "malformed" });
});

Deno.test("bytes that are no text are malformed when text is asked for", () => {
  const stored = keyring.encrypt(Uint8Array.of(0xff, 0xfe), context);
  equal(keyring.decryptText(stored, context), { kind: "malformed" });
});

Deno.test("nonces do not repeat and equal plaintexts encrypt differently", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) seen.add(keyring.encryptText("same", context).toHex());
  equal(seen.size, 1000);
});

Deno.test("the stored form is version, key id, nonce, ciphertext and tag", () => {
  const fixedNonce = createKeyring(
    { current: key(1) },
    (length) => new Uint8Array(length).fill(0xab),
  );
  const stored = fixedNonce.encryptText("hi", context);
  equal(stored.length, 1 + 8 + 12 + 2 + 16);
  equal(stored[0], 1);
  equal(stored.subarray(1, 9).toHex(), fixedNonce.keyId);
  equal(stored.subarray(9, 21).toHex(), "ab".repeat(12));
});

Deno.test("a previous key still reads, new values use the current key", () => {
  const before = createKeyring({ current: key(1) });
  const after = createKeyring({ current: key(2), previous: [key(1)] });
  const old = before.encryptText("kept", context);
  equal(after.decryptText(old, context), { kind: "ok", text: "kept" });
  equal(after.needsRotation(old), true);
  const renewed = after.encryptText("kept", context);
  equal(after.needsRotation(renewed), false);
  equal(before.decryptText(renewed, context), { kind: "unknown_key", keyId: after.keyId });
  equal(after.keyIds, [after.keyId, before.keyId]);
});

Deno.test("a value of an unknown version needs rotation and does not decrypt", () => {
  const stored = keyring.encryptText("x", context);
  stored[0] = 2;
  equal(keyring.needsRotation(stored), true);
  equal(keyring.decrypt(stored, context), { kind: "malformed" });
});

Deno.test("the same key given twice counts once", () => {
  equal(createKeyring({ current: key(1), previous: [key(1), key(1)] }).keyIds.length, 1);
});

Deno.test("a check value matches its own key alone", () => {
  const other = createKeyring({ current: key(2), previous: [key(1)] });
  const value = keyring.checkValue(keyring.keyId)!;
  equal(other.matchesCheckValue(keyring.keyId, value), true);
  equal(other.matchesCheckValue(other.keyId, value), false);
  equal(keyring.matchesCheckValue(other.keyId, value), false);
  equal(keyring.checkValue(other.keyId), null);
  equal(other.matchesCheckValue(keyring.keyId, value.subarray(1)), false);
});

Deno.test("neither key id nor check value holds bytes of the key", () => {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const ring = createKeyring({ current: secret });
  ok(!secret.toHex().includes(ring.keyId));
  ok(!JSON.stringify(ring).includes(secret.toHex()));
  ok(ring.checkValue(ring.keyId)!.toHex() !== secret.toHex());
});

Deno.test("a key of another length is a programming error", () => {
  throws(() => createKeyring({ current: new Uint8Array(16) }), RangeError);
});
