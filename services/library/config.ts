/** Configuration of library (architecture.md: "Configuration"). */
import {
  commonVariables,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  peerVariables,
  Port,
  readConfig,
} from "@codex/service";

export type LibraryConfig = ReturnType<typeof loadConfig>;

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource) {
  return readConfig(databaseUrlSource(source, "CODEX_LIBRARY_DATABASE_URL"), {
    ...commonVariables,
    ...peerVariables("CODEX_PLUGIN_HOST_URL"),
    CODEX_LIBRARY_PORT: Port,
    CODEX_LIBRARY_DATABASE_URL: DatabaseUrl,
  });
}
