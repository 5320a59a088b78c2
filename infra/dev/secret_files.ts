/** The files that services read their secrets from: each service's own folder in the store. */
import type { ServiceName } from "@codex/protocol";
import { Failure } from "../failure.ts";
import { type DatabaseRole } from "../migrate/services.ts";
import { ensureServiceKeys } from "../secrets/service_keys.ts";
import { randomSecret, type SecretStore } from "../secrets/store.ts";
import { serviceNames, services } from "./services.ts";

export const ENCRYPTION_KEY = "auth/encryption-key";
export const SETUP_CODE = "auth/setup-code";

const KEY_BYTES = 32;

export function databaseUrlName(service: ServiceName, role: DatabaseRole): string {
  return `${service}/${role}-database-url`;
}

/** Makes what is made once: the service keys and, unless the person has one, the encryption key. */
export async function ensureSecretFiles(
  store: SecretStore,
  options: { readonly ownEncryptionKey: boolean },
): Promise<void> {
  await ensureServiceKeys(store, serviceNames);
  if (options.ownEncryptionKey) return;
  const key = await store.ensure(
    ENCRYPTION_KEY,
    () => crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64(),
  );
  // A new key in place of a damaged one would make every stored secret unreadable for good.
  if (!/^[A-Za-z0-9+/]{43}=$/.test(key)) {
    throw new Failure(
      `"${store.path(ENCRYPTION_KEY)}" is not the base64 of ${KEY_BYTES} bytes: restore it`,
    );
  }
}

/** Writes what may differ at each start. */
export async function writeDatabaseUrls(
  store: SecretStore,
  urls: Readonly<Record<DatabaseRole, string>>,
): Promise<void> {
  for (const service of serviceNames) {
    for (const role of services[service].roles) {
      await store.write(databaseUrlName(service, role), urls[role]);
    }
  }
}

/** The code that the first administrator is made with: the person's own, else a new one. */
export async function writeSetupCode(
  store: SecretStore,
  given: string | undefined,
): Promise<string> {
  const code = given ?? randomSecret();
  await store.write(SETUP_CODE, code);
  return code;
}
