/** auth's configuration; every variable is in the README's table. */
import { createKeyring, type Keyring, parseEncryptionKey, parsePreviousKeys } from "@codex/crypto";
import { z } from "zod";
import { API_BASE } from "@codex/protocol";
import {
  AllowedHostList,
  type AllowedHosts,
  commonVariables,
  ConfigError,
  type ConfigSource,
  DatabaseUrl,
  databaseUrlSource,
  HttpUrl,
  peerVariables,
  Port,
  readConfig,
} from "@codex/service";

/** Text of an encryption key, or of a list of them, as `parse` reads it. */
function keyText<Parsed>(
  parse: (text: string) => ({ ok: true } & Parsed) | { ok: false; problem: string },
) {
  return z.string().transform((text, context) => {
    const parsed = parse(text);
    if (parsed.ok) return parsed;
    context.addIssue({ code: "custom", message: parsed.problem });
    return z.NEVER;
  });
}

const variables = {
  ...commonVariables,
  ...peerVariables(
    "CODEX_LIBRARY_URL",
    "CODEX_PLUGIN_HOST_URL",
    "CODEX_STORAGE_URL",
    "CODEX_SYNC_URL",
  ),
  CODEX_AUTH_PORT: Port,
  CODEX_AUTH_DATABASE_URL: DatabaseUrl,
  CODEX_PUBLIC_URL: HttpUrl,
  CODEX_ALLOWED_PRIVATE_HOSTS: AllowedHostList.prefault(""),
  CODEX_ENCRYPTION_KEY: keyText(parseEncryptionKey).optional(),
  CODEX_ENCRYPTION_PREVIOUS_KEYS: keyText(parsePreviousKeys).optional(),
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
  const current = env.CODEX_ENCRYPTION_KEY?.key;
  const previous = env.CODEX_ENCRYPTION_PREVIOUS_KEYS?.keys ?? [];
  if (current === undefined && previous.length > 0) {
    throw new ConfigError([
      "CODEX_ENCRYPTION_PREVIOUS_KEYS is set without CODEX_ENCRYPTION_KEY: set the current key",
    ]);
  }
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
    keyring: current === undefined ? null : createKeyring({ current, previous }),
    setupCode: env.CODEX_SETUP_CODE ?? null,
  });
}
