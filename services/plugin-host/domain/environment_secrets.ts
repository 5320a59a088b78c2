/** Which of the variables an administrator sets are kept as secrets. */
import type { EnvEntry } from "@codex/protocol";
import type { z } from "zod";

const SOUNDS_SECRET = /key|token|secret|passw|credential|auth|cookie|private/i;

export interface SplitEnvironment {
  /** As stored in the registry: a secret variable has no value here. */
  readonly entries: { key: string; value?: string }[];
  /** Values for the vault. */
  readonly secrets: Record<string, string>;
}

/**
 * Splits variables into plain ones and secrets, by what their names sound like: a value that could
 * open something is never stored in clear. An entry without a value keeps the secret it had.
 */
export function splitEnvironment(entries: readonly z.infer<typeof EnvEntry>[]): SplitEnvironment {
  const split: SplitEnvironment = { entries: [], secrets: {} };
  for (const { key, value } of entries) {
    if (value === undefined) split.entries.push({ key });
    else if (SOUNDS_SECRET.test(key)) {
      split.entries.push({ key });
      split.secrets[key] = value;
    } else split.entries.push({ key, value });
  }
  return split;
}
