/**
 * AES-256-GCM with a 96-bit nonce and a 128-bit tag (NIST SP 800-38D), and nothing else: no key
 * ids, no stored form. `keyring.ts` builds on it; the published vectors are run against it.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const ALGORITHM = "aes-256-gcm";

/**
 * Encrypts into `target` from `offset` on: ciphertext, then tag. `target` must have room for
 * `plaintext.length + TAG_BYTES` there. One array for header and ciphertext saves a copy.
 */
export function sealInto(
  target: Uint8Array,
  offset: number,
  key: KeyObject,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): void {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  target.set(cipher.update(plaintext), offset);
  cipher.final();
  target.set(cipher.getAuthTag(), offset + plaintext.length);
}

/**
 * Decrypts ciphertext followed by its tag. Null when anything was changed: key, nonce, ciphertext,
 * tag or AAD. Which of them is not told, and no plaintext leaves before the tag is verified.
 */
export function open(
  key: KeyObject,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | null {
  if (sealed.length < TAG_BYTES || nonce.length !== NONCE_BYTES) return null;
  const tagStart = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(tagStart));
  try {
    const plaintext = decipher.update(sealed.subarray(0, tagStart));
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}
