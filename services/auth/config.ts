/** auth's configuration; every variable is in the README's table. */
import type { Keyring } from "@codex/crypto";
import { z } from "zod";
import { API_BASE } from "@codex/protocol";
import {
  AllowedHostList,
  type AllowedHosts,
  commonVariables,
  type ConfigSource,
  databaseUrlSource,
  HttpUrl,
  peerVariables,
  Port,
  readConfig,
} from "@codex/service";
import { keyringOf, vaultVariables } from "./vault_config.ts";

const variables = {
  ...commonVariables,
  ...vaultVariables,
  ...peerVariables(
    "CODEX_LIBRARY_URL",
    "CODEX_PLUGIN_HOST_URL",
    "CODEX_STORAGE_URL",
    "CODEX_SYNC_URL",
  ),
  CODEX_AUTH_PORT: Port,
  CODEX_PUBLIC_URL: HttpUrl,
  CODEX_ALLOWED_PRIVATE_HOSTS: AllowedHostList.prefault(""),
  CODEX_SETUP_CODE: z.string().trim().min(8, "Must have at least 8 characters").optional(),
};

export interface AuthConfig {
  readonly hostname: string;
  readonly port: number;
  readonly logLevel: string;
  readonly databaseUrl: string;
  readonly privateKey: z.output<typeof commonVariables.CODEX_SERVICE_KEY>;
  readonly publicKeys: z.output<typeof commonVariables.CODEX_SERVICE_PUBLIC_KEYS>;
  readonly peers: Readonly<Record<"library" | "plugin-host" | "storage" | "sync", string>>;
  /** Where providers send browsers back to: never taken from a request. */
  readonly redirectUrl: string;
  readonly allowedHosts: AllowedHosts;
  /** Null while no encryption key is set. */
  readonly keyring: Keyring | null;
  readonly setupCode: string | null;
}

/** @throws ConfigError listing every bad variable */
export function loadConfig(source: ConfigSource): AuthConfig {
  const env = readConfig(databaseUrlSource(source, "CODEX_AUTH_DATABASE_URL"), variables);
  return Object.freeze({
    hostname: env.CODEX_HOST,
    port: env.CODEX_AUTH_PORT,
    logLevel: env.CODEX_LOG_LEVEL,
    databaseUrl: env.CODEX_AUTH_DATABASE_URL,
    privateKey: env.CODEX_SERVICE_KEY,
    publicKeys: env.CODEX_SERVICE_PUBLIC_KEYS,
    peers: {
      library: env.CODEX_LIBRARY_URL,
      "plugin-host": env.CODEX_PLUGIN_HOST_URL,
      storage: env.CODEX_STORAGE_URL,
      sync: env.CODEX_SYNC_URL,
    },
    redirectUrl: `${env.CODEX_PUBLIC_URL}${API_BASE}/user/plugins/oauth/callback`,
    allowedHosts: env.CODEX_ALLOWED_PRIVATE_HOSTS,
    keyring: keyringOf(env),
    setupCode: env.CODEX_SETUP_CODE ?? null,
  });
}
