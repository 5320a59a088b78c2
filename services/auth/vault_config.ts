/** The vault's part of the configuration: its database and keys. */
import { createKeyring, type Keyring, parseEncryptionKey, parsePreviousKeys } from "@codex/crypto";
import { ConfigError, DatabaseUrl } from "@codex/service";
import { z } from "zod";

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

export const vaultVariables = {
  CODEX_AUTH_DATABASE_URL: DatabaseUrl,
  CODEX_ENCRYPTION_KEY: keyText(parseEncryptionKey).optional(),
  CODEX_ENCRYPTION_PREVIOUS_KEYS: keyText(parsePreviousKeys).optional(),
};

type VaultVariables = {
  readonly [Name in keyof typeof vaultVariables]: z.output<typeof vaultVariables[Name]>;
};

/**
 * Null while no encryption key is set.
 *
 * @throws ConfigError for previous keys without a current one
 */
export function keyringOf(
  env: Pick<VaultVariables, "CODEX_ENCRYPTION_KEY" | "CODEX_ENCRYPTION_PREVIOUS_KEYS">,
): Keyring | null {
  const current = env.CODEX_ENCRYPTION_KEY?.key;
  const previous = env.CODEX_ENCRYPTION_PREVIOUS_KEYS?.keys ?? [];
  if (current !== undefined) return createKeyring({ current, previous });
  if (previous.length === 0) return null;
  throw new ConfigError([
    "CODEX_ENCRYPTION_PREVIOUS_KEYS is set without CODEX_ENCRYPTION_KEY: set the current key",
  ]);
}
