/** What sync is told by its environment. */
import {
  commonVariables,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  peerVariables,
  Port,
  readConfig,
} from "@codex/service";

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource) {
  const variables = readConfig(databaseUrlSource(source, "CODEX_SYNC_DATABASE_URL"), {
    ...commonVariables,
    ...peerVariables("CODEX_AUTH_URL", "CODEX_LIBRARY_URL", "CODEX_PLUGIN_HOST_URL"),
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
    authUrl: variables.CODEX_AUTH_URL,
    libraryUrl: variables.CODEX_LIBRARY_URL,
    pluginHostUrl: variables.CODEX_PLUGIN_HOST_URL,
  });
}

export type Config = ReturnType<typeof loadConfig>;
