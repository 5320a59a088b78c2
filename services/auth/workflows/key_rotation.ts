/**
 * Changing the encryption key while services run (security.md: "Secrets at rest"). What is done is
 * told by each row's own key id, so a rotation that was killed goes on where it stopped.
 */
import type { Keyring } from "@codex/crypto";
import type { JsonObject } from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import { markConnections } from "../db/connection_queries.ts";
import type { Executor } from "../db/database.ts";
import {
  deleteSecretsOfKey,
  listKnownKeys,
  lockSecretsOfOtherKeys,
  reencryptSecret,
  type SecretPosition,
  type SecretRow,
} from "../db/vault_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { contextOf } from "./vault.ts";

type KeyDeps = Pick<AuthDeps, "db" | "now">;

export interface KeyStatus {
  readonly keyId: string;
  /** `missing`: not configured, so its values can't be read. */
  readonly role: "current" | "previous" | "missing";
  /** Values that are encrypted under it. */
  readonly values: number;
  readonly firstUsedAt: Date | null;
}

/** A value that is left as it is; which, not what. */
export interface UnreadableValue extends SecretPosition {
  readonly reason: "malformed" | "unknown_key" | "not_authentic";
}

export interface RotationReport {
  /** Values that are under the current key now and were not before. */
  readonly rotated: number;
  readonly unreadable: readonly UnreadableValue[];
  /** Values that are still under another key. */
  readonly left: number;
}

/** Values in one transaction: short enough that nobody waits for them. */
const BATCH = 100;
/** Others may write under an old key meanwhile: after so many passes the report says what is left. */
const PASSES_MAX = 10;

/** Every key that is configured or was used, the current one first. */
export async function keyStatus(
  deps: Pick<AuthDeps, "db">,
  keyring: Keyring | null,
): Promise<KeyStatus[]> {
  const known = new Map((await listKnownKeys(deps.db)).map((key) => [key.keyId, key]));
  const configured = keyring?.keyIds ?? [];
  const ids = new Set([...configured, ...known.keys()]);
  return [...ids].map((keyId) => ({
    keyId,
    role: keyId === keyring?.keyId
      ? "current"
      : configured.includes(keyId)
      ? "previous"
      : "missing",
    values: known.get(keyId)?.values ?? 0,
    firstUsedAt: known.get(keyId)?.firstUsedAt ?? null,
  }));
}

/**
 * Encrypts everything anew under the current key, in batches, beside running services.
 *
 * @param onBatch told after each batch how many values are done so far
 */
export async function rotateKeys(
  deps: KeyDeps,
  keyring: Keyring,
  onBatch: (rotated: number) => void = () => {},
): Promise<RotationReport> {
  let rotated = 0;
  let unreadable: UnreadableValue[] = [];
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const before = rotated;
    unreadable = [];
    let after: SecretPosition | undefined;
    do {
      const batch = await rotateBatch(deps, keyring, after);
      rotated += batch.rotated;
      unreadable.push(...batch.unreadable);
      after = batch.last;
      if (batch.rotated > 0) onBatch(rotated);
    } while (after !== undefined);
    if (rotated === before) break;
  }
  const keys = await listKnownKeys(deps.db);
  const others = keys.filter((key) => key.keyId !== keyring.keyId);
  const left = others.reduce((sum, key) => sum + key.values, 0);
  if (rotated > 0) {
    await audit(deps, "vault.keys_rotated", keyring.keyId, { values: rotated, left });
  }
  return { rotated, unreadable, left };
}

interface Batch {
  readonly rotated: number;
  readonly unreadable: readonly UnreadableValue[];
  /** Undefined where there is nothing more. */
  readonly last: SecretPosition | undefined;
}

async function rotateBatch(
  { db }: KeyDeps,
  keyring: Keyring,
  after: SecretPosition | undefined,
): Promise<Batch> {
  return await db.transaction(async (tx) => {
    const rows = await lockSecretsOfOtherKeys(tx, keyring.keyId, after, BATCH);
    const unreadable: UnreadableValue[] = [];
    for (const row of rows) {
      const result = reencrypt(keyring, row);
      if (result.kind === "unreadable") unreadable.push(result.value);
      else await reencryptSecret(tx, row, { value: result.value, keyId: keyring.keyId });
    }
    return { rotated: rows.length - unreadable.length, unreadable, last: rows.at(-1) };
  });
}

function reencrypt(
  keyring: Keyring,
  { purpose, ownerId, name, value }: SecretRow,
):
  | { readonly kind: "ok"; readonly value: Uint8Array }
  | { readonly kind: "unreadable"; readonly value: UnreadableValue } {
  const context = contextOf({ purpose, ownerId }, name);
  const opened = keyring.decrypt(value, context);
  if (opened.kind === "ok") {
    return { kind: "ok", value: keyring.encrypt(opened.plaintext, context) };
  }
  return { kind: "unreadable", value: { purpose, ownerId, name, reason: opened.kind } };
}

export type ForgetResult =
  | { readonly kind: "forgotten"; readonly values: number; readonly connections: number }
  /** It can be read: rotate instead. */
  | { readonly kind: "configured" }
  | { readonly kind: "unknown" };

const KEY_LOST = "The server has lost the key to its secrets: connect again";

/**
 * Gives up what is encrypted under a key that is lost. Its connections keep configuration and data and
 * need their users again; plugins' own credentials have to be entered anew.
 */
export async function forgetKey(
  deps: KeyDeps,
  keyring: Keyring | null,
  keyId: string,
): Promise<ForgetResult> {
  if (keyring?.keyIds.includes(keyId)) return { kind: "configured" };
  const known = await listKnownKeys(deps.db);
  if (!known.some((key) => key.keyId === keyId)) return { kind: "unknown" };
  return await deps.db.transaction(async (tx) => {
    const { values, connectionIds } = await deleteSecretsOfKey(tx, keyId);
    if (connectionIds.length > 0) await markConnections(tx, connectionIds, KEY_LOST);
    await audit({ ...deps, db: tx }, "vault.key_forgotten", keyId, { values });
    return { kind: "forgotten", values, connections: connectionIds.length };
  });
}

/** Without an actor: whoever holds the keys and the database. */
async function audit(
  { db, now }: { readonly db: Executor; readonly now: () => number },
  action: string,
  keyId: string,
  detail: JsonObject,
): Promise<void> {
  await insertAuditLine(db, {
    at: new Date(now()),
    source: "auth",
    action,
    target: keyId,
    detail,
  });
}
