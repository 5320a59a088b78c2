/** What the key tasks need of auth's configuration. */
import type { Keyring } from "@codex/crypto";
import { type ConfigSource, databaseUrlSource, readConfig } from "@codex/service";
import { keyringOf, vaultVariables } from "../vault_config.ts";

export interface KeysConfig {
  readonly databaseUrl: string;
  /** Null while no encryption key is set. */
  readonly keyring: Keyring | null;
}

/** @throws ConfigError listing every bad variable */
export function loadKeysConfig(source: ConfigSource): KeysConfig {
  const env = readConfig(databaseUrlSource(source, "CODEX_AUTH_DATABASE_URL"), vaultVariables);
  return { databaseUrl: env.CODEX_AUTH_DATABASE_URL, keyring: keyringOf(env) };
}
