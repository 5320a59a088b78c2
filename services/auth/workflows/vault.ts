/**
 * The vault: the only place where secrets are encrypted and decrypted. Each value is bound to its
 * purpose, owner and name, so a ciphertext moved to another row doesn't decrypt.
 */
import type { Keyring, SecretContext } from "@codex/crypto";
import type { PluginSecretsChange } from "@codex/protocol";
import { deleteConnections } from "../db/connection_queries.ts";
import type { Executor } from "../db/database.ts";
import { deleteOauthClient } from "../db/oauth_client_queries.ts";
import { callOffSignIns } from "../db/oauth_flow_queries.ts";
import { insertPurges } from "../db/purge_queries.ts";
import {
  deleteSecrets,
  insertKey,
  listKeysInUse,
  listSecrets,
  type SecretOwner,
  upsertSecret,
} from "../db/vault_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { purgesOfConnections } from "../domain/purge_duties.ts";
import type { VaultClosed } from "../domain/vault_closed.ts";

type VaultDeps = Pick<AuthDeps, "db" | "now" | "keyring">;

export type ReadSecretsResult =
  | { readonly kind: "ok"; readonly values: Record<string, string> }
  | VaultClosed;

export type KeyCheck =
  | { readonly kind: "ok" }
  | { readonly kind: "wrong_key"; readonly missingKeyIds: readonly string[] };

/**
 * Compares the configured keys with those that stored values are encrypted under, and records the
 * current one. With a wrong key nothing is recorded.
 */
export async function checkKeys(
  deps: Pick<AuthDeps, "db" | "now">,
  keyring: Keyring,
): Promise<KeyCheck> {
  const inUse = await listKeysInUse(deps.db);
  const missing = inUse.filter((key) => !keyring.matchesCheckValue(key.keyId, key.checkValue));
  if (missing.length > 0) {
    return { kind: "wrong_key", missingKeyIds: missing.map((key) => key.keyId) };
  }
  const checkValue = keyring.checkValue(keyring.keyId);
  if (checkValue === null) throw new Error("A keyring holds its own current key");
  await insertKey(deps.db, {
    keyId: keyring.keyId,
    checkValue,
    firstUsedAt: new Date(deps.now()),
  });
  return { kind: "ok" };
}

/** Sets what has a value, removes what is null, leaves the rest. */
export async function changePluginSecrets(
  deps: VaultDeps,
  pluginId: string,
  change: PluginSecretsChange,
): Promise<{ readonly kind: "ok" } | VaultClosed> {
  const owner: SecretOwner = { purpose: "plugin_credential", ownerId: pluginId };
  const entries = Object.entries(change.credentials);
  const removed = entries.flatMap(([name, value]) => value === null ? [name] : []);
  const set = entries.flatMap(([name, value]) => value === null ? [] : [[name, value] as const]);
  const { keyring } = deps;
  if (set.length > 0 && keyring === null) return { kind: "no_key" };

  const updatedAt = new Date(deps.now());
  await deps.db.transaction(async (tx) => {
    if (removed.length > 0) await deleteSecrets(tx, owner, removed);
    if (keyring === null) return;
    for (const [name, text] of set) {
      await storeSecret(tx, keyring, owner, { name, text, updatedAt });
    }
  });
  return { kind: "ok" };
}

/** Encrypts a value into its row; one of the same name is replaced. */
export async function storeSecret(
  db: Executor,
  keyring: Keyring,
  owner: SecretOwner,
  secret: { name: string; text: string; updatedAt: Date },
): Promise<void> {
  const { name, text, updatedAt } = secret;
  const value = keyring.encryptText(text, contextOf(owner, name));
  await upsertSecret(db, owner, { name, value, keyId: keyring.keyId, updatedAt });
}

/** Works without a key as long as nothing is stored: metadata-only use needs none. */
export async function readSecrets(
  deps: Pick<AuthDeps, "db" | "keyring">,
  owner: SecretOwner,
): Promise<ReadSecretsResult> {
  const stored = await listSecrets(deps.db, owner);
  if (stored.length === 0) return { kind: "ok", values: {} };
  if (deps.keyring === null) return { kind: "no_key" };
  const values: Record<string, string> = {};
  for (const { name, value } of stored) {
    const result = deps.keyring.decryptText(value, contextOf(owner, name));
    if (result.kind === "unknown_key") return result;
    if (result.kind !== "ok") {
      // Nobody's fault but the database's: the row was changed behind our back.
      throw new Error(`A secret of ${owner.purpose} "${owner.ownerId}" is ${result.kind}`);
    }
    values[name] = result.text;
  }
  return { kind: "ok", values };
}

export type ReadSecretResult =
  | { readonly kind: "ok"; readonly text: string | null }
  | VaultClosed;

/** One value; null where there is none. */
export async function readSecret(
  deps: Pick<AuthDeps, "db" | "keyring">,
  owner: SecretOwner,
  name: string,
): Promise<ReadSecretResult> {
  const read = await readSecrets(deps, owner);
  return read.kind === "ok" ? { kind: "ok", text: read.values[name] ?? null } : read;
}

/** Deletes a plugin's secrets and every connection to it; what others keep of those is owed. */
export async function deletePlugin(
  deps: Pick<AuthDeps, "db" | "now" | "onPurgesOwed">,
  pluginId: string,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await deleteSecrets(tx, { purpose: "plugin_credential", ownerId: pluginId });
    await deleteSecrets(tx, { purpose: "oauth_client_secret", ownerId: pluginId });
    await deleteOauthClient(tx, pluginId);
    await callOffSignIns(tx, { pluginId });
    const connections = await deleteConnections(tx, { pluginId });
    await insertPurges(tx, purgesOfConnections(connections), new Date(deps.now()));
  });
  deps.onPurgesOwed();
}

/** What the PKCE verifier of a pending sign-in is bound to. */
export function verifierContext(flowId: string): SecretContext {
  return { purpose: "oauth_verifier", ownerId: flowId };
}

/** What the value of a row is bound to. */
export function contextOf(
  owner: { readonly purpose: string; readonly ownerId: string },
  name: string,
): SecretContext {
  return { purpose: `${owner.purpose}:${name}`, ownerId: owner.ownerId };
}
