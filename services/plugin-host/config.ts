/** What plugin-host is told by its environment (architecture.md: "Configuration"). */
import { join } from "node:path";
import { z } from "zod";
import {
  commonVariables,
  ConfigError,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  HttpUrl,
  jsonText,
  peerVariables,
  Port,
  PublicJwks,
  readConfig,
} from "@codex/service";
import { settings } from "./settings.ts";

/** With auth's key, by which tickets are checked. */
const PublicKeys = jsonText(PublicJwks.transform((keys, context) => {
  if (keys.auth !== undefined) return { ...keys, auth: keys.auth };
  context.addIssue({ code: "custom", message: 'Must hold the key of "auth"' });
  return z.NEVER;
}));

/**
 * Secrets that a plugin of the same user could read in `/proc/<pid>/environ`, whatever is deleted later:
 * plugin-host takes them as files only (architecture.md: "Trust boundaries").
 */
const FILE_ONLY = ["CODEX_SERVICE_KEY", "CODEX_ENCRYPTION_KEY", "CODEX_ENCRYPTION_PREVIOUS_KEYS"];
const FILE_ONLY_URLS = ["CODEX_PLUGIN_HOST_DATABASE_URL", "DATABASE_URL"];

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource) {
  refusePlainSecrets(source);
  const variables = readConfig(databaseUrlSource(source, "CODEX_PLUGIN_HOST_DATABASE_URL"), {
    ...commonVariables,
    ...peerVariables("CODEX_AUTH_URL", "CODEX_STORAGE_URL"),
    CODEX_SERVICE_PUBLIC_KEYS: PublicKeys,
    CODEX_PLUGIN_HOST_PORT: Port,
    CODEX_PLUGIN_HOST_DATABASE_URL: DatabaseUrl,
    CODEX_PUBLIC_URL: HttpUrl,
    CODEX_DATA_DIR: z.string().default(".codex"),
    ...settings,
  });
  const dataDir = variables.CODEX_DATA_DIR;
  return Object.freeze({
    hostname: variables.CODEX_HOST,
    port: variables.CODEX_PLUGIN_HOST_PORT,
    logLevel: variables.CODEX_LOG_LEVEL,
    privateKey: variables.CODEX_SERVICE_KEY,
    publicKeys: variables.CODEX_SERVICE_PUBLIC_KEYS,
    databaseUrl: variables.CODEX_PLUGIN_HOST_DATABASE_URL,
    authUrl: variables.CODEX_AUTH_URL,
    storageUrl: variables.CODEX_STORAGE_URL,
    publicUrl: variables.CODEX_PUBLIC_URL,
    dataDir,
    pluginsDir: variables.CODEX_PLUGINS_DIR ?? join(dataDir, "plugins"),
    allowedCommands: variables.CODEX_PLUGIN_ALLOWED_COMMANDS,
    sandboxMode: variables.CODEX_PLUGIN_SANDBOX,
    pluginUids: variables.CODEX_PLUGIN_UIDS,
    allowedHosts: variables.CODEX_ALLOWED_PRIVATE_HOSTS,
    isSafeMode: variables.CODEX_PLUGINS_SAFE_MODE,
    processesMax: variables.CODEX_PLUGIN_PROCESSES_MAX,
    idleMs: variables.CODEX_PLUGIN_IDLE_SECONDS * 1000,
    faultLimits: {
      inARow: variables.CODEX_PLUGIN_FAILURE_THRESHOLD,
      inWindow: variables.CODEX_PLUGIN_FAILURES_IN_WINDOW,
      windowSeconds: variables.CODEX_PLUGIN_FAILURE_WINDOW_SECONDS,
    },
  });
}

export type Config = ReturnType<typeof loadConfig>;

function refusePlainSecrets(source: ConfigSource): void {
  const isSet = (name: string) => (source.get(name) ?? "") !== "";
  const named = [
    ...FILE_ONLY.filter(isSet),
    ...FILE_ONLY_URLS.filter((name) => hasPassword(source.get(name))),
  ];
  if (named.length === 0) return;
  throw new ConfigError(
    named.map((name) =>
      `${name}: Plugins could read it in the environment of this process: put it into a file and name that in ${name}_FILE`
    ),
  );
}

function hasPassword(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).password !== "";
}
