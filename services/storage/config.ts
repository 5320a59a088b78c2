/** What storage is told by its environment. */
import { z } from "zod";
import {
  commonVariables,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  jsonText,
  Port,
  PublicJwks,
  readConfig,
} from "@codex/service";

/** With auth's key, by which tickets are checked. */
const PublicKeys = jsonText(PublicJwks.transform((keys, context) => {
  if (keys.auth !== undefined) return { ...keys, auth: keys.auth };
  context.addIssue({ code: "custom", message: 'Must hold the key of "auth"' });
  return z.NEVER;
}));

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource) {
  const variables = readConfig(databaseUrlSource(source, "CODEX_STORAGE_DATABASE_URL"), {
    ...commonVariables,
    CODEX_SERVICE_PUBLIC_KEYS: PublicKeys,
    CODEX_STORAGE_PORT: Port,
    CODEX_STORAGE_DATABASE_URL: DatabaseUrl,
    // No other URL can stand in for it: the role must be another one.
    CODEX_STORAGE_MAINTENANCE_DATABASE_URL: DatabaseUrl,
  });
  return Object.freeze({
    hostname: variables.CODEX_HOST,
    port: variables.CODEX_STORAGE_PORT,
    logLevel: variables.CODEX_LOG_LEVEL,
    privateKey: variables.CODEX_SERVICE_KEY,
    publicKeys: variables.CODEX_SERVICE_PUBLIC_KEYS,
    databaseUrl: variables.CODEX_STORAGE_DATABASE_URL,
    maintenanceDatabaseUrl: variables.CODEX_STORAGE_MAINTENANCE_DATABASE_URL,
  });
}

export type Config = ReturnType<typeof loadConfig>;
