/** What must hold before auth serves, told in one line where it doesn't, and the setup code. */
import type { Keyring } from "@codex/crypto";
import type { ReadinessCheck } from "@codex/service";
import type { AuthDeps } from "./deps.ts";
import { prepareSetupCode } from "./workflows/setup.ts";
import { checkKeys } from "./workflows/vault.ts";

/** @throws Error saying what the database lacks */
export async function requireReady(check: ReadinessCheck): Promise<void> {
  const missing = await check();
  if (missing !== null) throw new Error(missing);
}

/** The key that is set opens what is stored; without one, what needs it is refused later. */
export async function requireRightKey(
  deps: Pick<AuthDeps, "db" | "now" | "logger" | "keyring">,
): Promise<void> {
  const { keyring } = deps;
  if (keyring !== null) return await refuseWrongKey(deps, keyring);
  deps.logger.warn("No encryption key is set: secrets can be neither stored nor read");
}

/**
 * Refuses to go on with a key that can't read what is stored: new values under it would only make the
 * mistake harder to mend.
 *
 * @throws Error naming the keys that are missing
 */
export async function refuseWrongKey(
  deps: Pick<AuthDeps, "db" | "now">,
  keyring: Keyring,
): Promise<void> {
  const result = await checkKeys(deps, keyring);
  if (result.kind === "ok") return;
  const missing = result.missingKeyIds.map((keyId) => `"${keyId}"`).join(", ");
  throw new Error(
    `CODEX_ENCRYPTION_KEY is the wrong key: secrets are stored under key ${missing}, ` +
      `which must be in it or in CODEX_ENCRYPTION_PREVIOUS_KEYS; "${keyring.keyId}" is set`,
  );
}

/** Prints the code while setup is open and none is configured: whoever reads it may set up. */
export async function announceSetupCode(
  deps: Pick<AuthDeps, "db" | "now" | "random" | "setupCode">,
  print: (line: string) => void,
): Promise<void> {
  const code = await prepareSetupCode(deps);
  if (code !== null) print(`Setup code: ${code}\n`);
}
