import { deepStrictEqual as equal } from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { open, sealInto, TAG_BYTES } from "./aes_gcm.ts";
import { MODIFIED_TAG_BASE, MODIFIED_TAGS, VALID_VECTORS } from "./aes_gcm_vectors.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex);
const secretKey = (hex: string) => createSecretKey(bytes(hex));

for (const vector of [...VALID_VECTORS, MODIFIED_TAG_BASE]) {
  Deno.test(`AES-256-GCM agrees with ${vector.name}`, () => {
    const key = secretKey(vector.key);
    const sealed = new Uint8Array(vector.msg.length / 2 + TAG_BYTES);
    sealInto(sealed, 0, key, bytes(vector.iv), bytes(vector.msg), bytes(vector.aad));
    equal(sealed.toHex(), vector.ct + vector.tag);
    equal(open(key, bytes(vector.iv), sealed, bytes(vector.aad))?.toHex(), vector.msg);
  });
}

for (const { name, tag } of MODIFIED_TAGS) {
  Deno.test(`AES-256-GCM refuses the modified tag of ${name}`, () => {
    const { key, iv, ct, aad } = MODIFIED_TAG_BASE;
    equal(open(secretKey(key), bytes(iv), bytes(ct + tag), bytes(aad)), null);
  });
}

Deno.test("AES-256-GCM refuses a tag that was cut short", () => {
  const { key, iv, ct, aad, tag } = MODIFIED_TAG_BASE;
  for (let length = 0; length < TAG_BYTES; length++) {
    const cut = bytes(ct + tag.slice(0, length * 2));
    equal(open(secretKey(key), bytes(iv), cut, bytes(aad)), null);
  }
});

Deno.test("AES-256-GCM refuses a nonce that is not 96 bits", () => {
  const { key, ct, aad, tag } = MODIFIED_TAG_BASE;
  for (const length of [0, 8, 11, 13, 16]) {
    equal(open(secretKey(key), new Uint8Array(length), bytes(ct + tag), bytes(aad)), null);
  }
});
