/**
 * Secrets at rest: AES-256-GCM under the current key, still readable under the previous ones.
 *
 * Stored form: version (1 byte), key id (8), nonce (12), ciphertext, tag (16). The additional
 * authenticated data binds a value to version, key, purpose and owner, so a ciphertext that is moved
 * to another row, or stands for something else there, does not decrypt.
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { KEY_BYTES, NONCE_BYTES, open, sealInto, TAG_BYTES } from "./aes_gcm.ts";
import { type RandomBytes, secureRandomBytes } from "./random.ts";
import { constantTimeEqual } from "./tokens.ts";

/** What a value is, and whose: it decrypts under exactly the context it was encrypted for. */
export interface SecretContext {
  /** What the value is, such as `plugin_credentials`. */
  readonly purpose: string;
  /** Id of the row's owner: a plugin, a connection, a flow. */
  readonly ownerId: string;
}

export type DecryptResult =
  | { kind: "ok"; plaintext: Uint8Array }
  /** Not the stored form of this version, or not text where text was asked for. */
  | { kind: "malformed" }
  /** Encrypted under a key that is not in the ring; `keyId` is safe to show. */
  | { kind: "unknown_key"; keyId: string }
  /** Changed, or encrypted for another purpose or owner. */
  | { kind: "not_authentic" };

export type DecryptTextResult =
  | Exclude<DecryptResult, { kind: "ok" }>
  | { kind: "ok"; text: string };

export interface Keyring {
  /** Id of the key that new values are encrypted under: 16 hex digits, safe to show and log. */
  readonly keyId: string;
  /** Ids of all keys that can be read, the current one first. */
  readonly keyIds: readonly string[];
  encrypt(plaintext: Uint8Array, context: SecretContext): Uint8Array;
  decrypt(stored: Uint8Array, context: SecretContext): DecryptResult;
  encryptText(text: string, context: SecretContext): Uint8Array;
  decryptText(stored: Uint8Array, context: SecretContext): DecryptTextResult;
  /** True when the value should be encrypted again under the current key, or can't be read. */
  needsRotation(stored: Uint8Array): boolean;
  /** A value to store per key id; it proves later that a key of that id is the same key. */
  checkValue(keyId: string): Uint8Array | null;
  /** Whether `value` is the check value of that key, compared in constant time. */
  matchesCheckValue(keyId: string, value: Uint8Array): boolean;
}

const VERSION = 1;
const KEY_ID_BYTES = 8;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
/** Where the purpose begins in the additional authenticated data. */
const PURPOSE_START = 1 + KEY_ID_BYTES + 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

interface RingKey {
  readonly id: string;
  readonly idBytes: Uint8Array;
  readonly secret: KeyObject;
}

/**
 * Builds a keyring. A key that is both current and previous counts once.
 * @throws RangeError when a key is not 32 bytes; configuration is parsed before it comes here.
 */
export function createKeyring(
  keys: { current: Uint8Array; previous?: readonly Uint8Array[] },
  random: RandomBytes = secureRandomBytes,
): Keyring {
  const current = ringKey(keys.current);
  const ring = new Map<string, RingKey>([[current.id, current]]);
  for (const key of (keys.previous ?? []).map(ringKey)) {
    if (!ring.has(key.id)) ring.set(key.id, key);
  }

  function encrypt(plaintext: Uint8Array, context: SecretContext): Uint8Array {
    const stored = new Uint8Array(HEADER_BYTES + plaintext.length + TAG_BYTES);
    const nonce = random(NONCE_BYTES);
    stored[0] = VERSION;
    stored.set(current.idBytes, 1);
    stored.set(nonce, 1 + KEY_ID_BYTES);
    const aad = additionalData(current.idBytes, context);
    sealInto(stored, HEADER_BYTES, current.secret, nonce, plaintext, aad);
    return stored;
  }

  function decrypt(stored: Uint8Array, context: SecretContext): DecryptResult {
    const header = readHeader(stored);
    if (header === null) return { kind: "malformed" };
    const key = ring.get(header.keyId);
    if (key === undefined) return { kind: "unknown_key", keyId: header.keyId };
    const sealed = stored.subarray(HEADER_BYTES);
    const plaintext = open(key.secret, header.nonce, sealed, additionalData(key.idBytes, context));
    return plaintext === null ? { kind: "not_authentic" } : { kind: "ok", plaintext };
  }

  function checkValue(keyId: string): Uint8Array | null {
    const key = ring.get(keyId);
    if (key === undefined) return null;
    return createHmac("sha256", key.secret).update("codex encryption key check").digest();
  }

  return {
    keyId: current.id,
    keyIds: [...ring.keys()],
    encrypt,
    decrypt,
    encryptText: (text, context) => encrypt(encoder.encode(text), context),
    decryptText(stored, context) {
      const result = decrypt(stored, context);
      if (result.kind !== "ok") return result;
      try {
        return { kind: "ok", text: decoder.decode(result.plaintext) };
      } catch {
        return { kind: "malformed" };
      }
    },
    needsRotation: (stored) => readHeader(stored)?.keyId !== current.id,
    checkValue,
    matchesCheckValue(keyId, value) {
      const expected = checkValue(keyId);
      return expected !== null && constantTimeEqual(expected, value);
    },
  };
}

function ringKey(bytes: Uint8Array): RingKey {
  if (bytes.length !== KEY_BYTES) {
    throw new RangeError(`An encryption key has ${KEY_BYTES} bytes, got ${bytes.length}`);
  }
  // The label keeps the id apart from any other hash of the same key.
  const digest = createHash("sha256").update("codex key id").update(bytes).digest();
  const idBytes = digest.subarray(0, KEY_ID_BYTES);
  return { id: idBytes.toHex(), idBytes, secret: createSecretKey(bytes) };
}

function readHeader(stored: Uint8Array): { keyId: string; nonce: Uint8Array } | null {
  if (stored.length < HEADER_BYTES + TAG_BYTES || stored[0] !== VERSION) return null;
  return {
    keyId: stored.subarray(1, 1 + KEY_ID_BYTES).toHex(),
    nonce: stored.subarray(1 + KEY_ID_BYTES, HEADER_BYTES),
  };
}

/** Version, key id, length of the purpose (2 bytes), purpose, owner: no two contexts look alike. */
function additionalData(keyId: Uint8Array, { purpose, ownerId }: SecretContext): Uint8Array {
  // UTF-8 takes at most 3 bytes for each unit of a string; one array for all saves copies.
  const data = new Uint8Array(PURPOSE_START + 3 * (purpose.length + ownerId.length));
  data[0] = VERSION;
  data.set(keyId, 1);
  const purposeBytes = encoder.encodeInto(purpose, data.subarray(PURPOSE_START)).written;
  data[PURPOSE_START - 2] = purposeBytes >>> 8;
  data[PURPOSE_START - 1] = purposeBytes & 0xff;
  const ownerStart = PURPOSE_START + purposeBytes;
  const ownerBytes = encoder.encodeInto(ownerId, data.subarray(ownerStart)).written;
  return data.subarray(0, ownerStart + ownerBytes);
}
