import { and, eq, inArray, sql } from "drizzle-orm";
import { type Executor, schema } from "./database.ts";

const { encryptionKeys, secrets } = schema;

/** What a stored value is; part of what its ciphertext is bound to. */
export type SecretPurpose =
  | "plugin_credential"
  | "connection_credential"
  /** Apart from what a process gets: only auth itself uses these. */
  | "oauth_refresh_token"
  | "oauth_client_secret";

/** Their owner is a connection, with which they go. */
const OF_CONNECTIONS: readonly SecretPurpose[] = ["connection_credential", "oauth_refresh_token"];

export interface SecretOwner {
  readonly purpose: SecretPurpose;
  readonly ownerId: string;
}

export interface StoredSecret {
  readonly name: string;
  readonly value: Uint8Array;
}

const ownedBy = (owner: SecretOwner) =>
  and(eq(secrets.purpose, owner.purpose), eq(secrets.ownerId, owner.ownerId));

export async function upsertSecret(
  db: Executor,
  owner: SecretOwner,
  secret: StoredSecret & { keyId: string; updatedAt: Date },
): Promise<void> {
  const { name, value, keyId, updatedAt } = secret;
  const connectionId = OF_CONNECTIONS.includes(owner.purpose) ? owner.ownerId : null;
  await db.insert(secrets).values({ ...owner, connectionId, name, value, keyId, updatedAt })
    .onConflictDoUpdate({
      target: [secrets.purpose, secrets.ownerId, secrets.name],
      set: { value, keyId, updatedAt },
    });
}

export async function listSecrets(db: Executor, owner: SecretOwner): Promise<StoredSecret[]> {
  return await db.select({ name: secrets.name, value: secrets.value }).from(secrets)
    .where(ownedBy(owner)).orderBy(secrets.name);
}

/** Without opening them: this works without a key. */
export async function listSecretNames(db: Executor, owner: SecretOwner): Promise<string[]> {
  const rows = await db.select({ name: secrets.name }).from(secrets).where(ownedBy(owner));
  return rows.map((row) => row.name);
}

export async function deleteSecrets(
  db: Executor,
  owner: SecretOwner,
  names?: readonly string[],
): Promise<void> {
  await db.delete(secrets)
    .where(
      and(ownedBy(owner), names === undefined ? undefined : inArray(secrets.name, [...names])),
    );
}

/** The keys that stored values are encrypted under. */
export async function listKeysInUse(
  db: Executor,
): Promise<{ keyId: string; checkValue: Uint8Array }[]> {
  const { keyId, checkValue } = encryptionKeys;
  return await db.select({ keyId, checkValue }).from(encryptionKeys)
    .where(sql`exists (select from ${secrets} where ${secrets.keyId} = ${keyId})`);
}

export async function insertKey(
  db: Executor,
  key: { keyId: string; checkValue: Uint8Array; firstUsedAt: Date },
): Promise<void> {
  await db.insert(encryptionKeys).values(key).onConflictDoNothing();
}
