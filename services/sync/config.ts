/** What sync is told by its environment. */
import {
  commonVariables,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  Port,
  readConfig,
} from "@codex/service";

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource) {
  const variables = readConfig(databaseUrlSource(source, "CODEX_SYNC_DATABASE_URL"), {
    ...commonVariables,
    CODEX_SYNC_PORT: Port,
    CODEX_SYNC_DATABASE_URL: DatabaseUrl,
  });
  return Object.freeze({
    hostname: variables.CODEX_HOST,
    port: variables.CODEX_SYNC_PORT,
    logLevel: variables.CODEX_LOG_LEVEL,
    privateKey: variables.CODEX_SERVICE_KEY,
    publicKeys: variables.CODEX_SERVICE_PUBLIC_KEYS,
    databaseUrl: variables.CODEX_SYNC_DATABASE_URL,
  });
}

export type Config = ReturnType<typeof loadConfig>;
