import { and, asc, count, eq, inArray, ne, sql } from "drizzle-orm";
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

export interface KnownKey {
  readonly keyId: string;
  readonly firstUsedAt: Date;
  /** Values that are encrypted under it. */
  readonly values: number;
}

/** Every key that was ever used, the newest first. */
export async function listKnownKeys(db: Executor): Promise<KnownKey[]> {
  const { keyId, firstUsedAt } = encryptionKeys;
  const rows = await db.select({ keyId, firstUsedAt, values: count(secrets.keyId) })
    .from(encryptionKeys).leftJoin(secrets, eq(secrets.keyId, keyId))
    .groupBy(keyId, firstUsedAt).orderBy(sql`${firstUsedAt} desc`, asc(keyId));
  return rows;
}

export type SecretRow = typeof secrets.$inferSelect;

/** Where a walk over all secrets has got to: their primary key. */
export type SecretPosition = Pick<SecretRow, "purpose" | "ownerId" | "name">;

/**
 * The next values under another key, locked. One that somebody is writing at this moment is left
 * out: waiting for it while holding others could end in a deadlock.
 */
export async function lockSecretsOfOtherKeys(
  db: Executor,
  keyId: string,
  after: SecretPosition | undefined,
  limit: number,
): Promise<SecretRow[]> {
  const { purpose, ownerId, name } = secrets;
  return await db.select().from(secrets)
    .where(and(
      ne(secrets.keyId, keyId),
      after &&
        sql`(${purpose}, ${ownerId}, ${name}) > (${after.purpose}, ${after.ownerId}::uuid, ${after.name})`,
    ))
    .orderBy(purpose, ownerId, name).limit(limit).for("update", { skipLocked: true });
}

/** The same secret under another key: its time of change stays. */
export async function reencryptSecret(
  db: Executor,
  { purpose, ownerId, name }: SecretPosition,
  encrypted: { value: Uint8Array; keyId: string },
): Promise<void> {
  await db.update(secrets).set(encrypted).where(
    and(eq(secrets.purpose, purpose), eq(secrets.ownerId, ownerId), eq(secrets.name, name)),
  );
}

/** Deletes what is encrypted under a key; answers the connections and how many values it was. */
export async function deleteSecretsOfKey(
  db: Executor,
  keyId: string,
): Promise<{ values: number; connectionIds: string[] }> {
  const rows = await db.delete(secrets).where(eq(secrets.keyId, keyId))
    .returning({ connectionId: secrets.connectionId });
  const ids = rows.flatMap(({ connectionId }) => connectionId === null ? [] : [connectionId]);
  return { values: rows.length, connectionIds: [...new Set(ids)] };
}
