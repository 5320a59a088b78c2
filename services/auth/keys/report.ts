/** What the key tasks print. */
import type { ForgetResult, KeyStatus, RotationReport } from "../workflows/key_rotation.ts";

export interface Outcome {
  readonly lines: readonly string[];
  /** 0 where nothing is left to do. */
  readonly exitCode: 0 | 1;
}

export function describeStatus(keys: readonly KeyStatus[]): Outcome {
  const missing = keys.filter(({ role, values }) => role === "missing" && values > 0);
  const total = keys.reduce((sum, { values }) => sum + values, 0);
  const current = keys.find(({ role }) => role === "current");
  return {
    lines: [
      ...keys.filter(({ role, values }) => role !== "missing" || values > 0).map(describeKey),
      current === undefined
        ? "CODEX_ENCRYPTION_KEY is not set"
        : `${current.values} of ${total} values are under the current key`,
    ],
    exitCode: missing.length > 0 ? 1 : 0,
  };
}

function describeKey({ keyId, role, values }: KeyStatus): string {
  const line = `Key ${keyId} (${role}): ${values} values`;
  if (role === "missing") {
    return `${line}, unreadable: put it into CODEX_ENCRYPTION_PREVIOUS_KEYS, ` +
      `or, if it is lost, run "deno task keys:forget ${keyId}"`;
  }
  if (role === "previous") {
    return values === 0 ? `${line}, it may be removed` : `${line}, run "deno task keys:rotate"`;
  }
  return line;
}

export function describeRotation({ rotated, unreadable, left }: RotationReport): Outcome {
  return {
    lines: [
      `${rotated} values were encrypted anew`,
      ...unreadable.map(({ purpose, ownerId, name, reason }) =>
        `Left as it is: ${purpose} "${name}" of ${ownerId}: ${reason}`
      ),
      left === 0
        ? "Every value is under the current key: previous ones may be removed"
        : `${left} values are still under another key`,
    ],
    exitCode: left === 0 ? 0 : 1,
  };
}

export function describeForgetting(keyId: string, result: ForgetResult): Outcome {
  switch (result.kind) {
    case "forgotten": {
      const { values, connections } = result;
      const line = `${values} values under key ${keyId} were given up, ` +
        `${connections} connections need their users again`;
      return { lines: [line], exitCode: 0 };
    }
    case "configured": {
      const line = `Key ${keyId} is set, so its values can be read: run "deno task keys:rotate"`;
      return { lines: [line], exitCode: 1 };
    }
    case "unknown":
      return { lines: [`Key ${keyId} was never used here`], exitCode: 1 };
  }
}
