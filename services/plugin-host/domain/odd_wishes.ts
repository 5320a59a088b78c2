/** Wishes of a plugin that can't be granted, because no host or permission is of that name. */
import {
  type IgnoredValue,
  likelyName,
  NetworkEntry,
  Permission,
  PERMISSIONS,
  toPointer,
} from "@codex/protocol";

const TOLD_LENGTH_MAX = 100;

/** By pointer into the file or manifest that names them. */
export function oddWishes({ permissions = [], network = [] }: {
  readonly permissions?: readonly string[] | undefined;
  readonly network?: readonly string[] | undefined;
}): IgnoredValue[] {
  return [
    ...permissions.flatMap((name, at) =>
      Permission.safeParse(name).success ? [] : [{
        pointer: toPointer(["permissions", at]),
        reason: `Unknown permission ${quote(name)}${likelyName(name, PERMISSIONS)}`,
      }]
    ),
    ...network.flatMap((entry, at) => {
      const read = NetworkEntry.safeParse(entry);
      if (read.success) return [];
      const remedy = hostOfAddress(entry) ?? read.error.issues[0]?.message;
      return [{
        pointer: toPointer(["network", at]),
        reason: `${quote(entry)} is no host: ${remedy}`,
      }];
    }),
  ];
}

/** A whole address says which host is meant. */
function hostOfAddress(entry: string): string | undefined {
  const url = URL.parse(entry);
  return url === null || url.host === "" ? undefined : `write "${url.host}"`;
}

function quote(text: string): string {
  return JSON.stringify(
    text.length > TOLD_LENGTH_MAX ? `${text.slice(0, TOLD_LENGTH_MAX)}…` : text,
  );
}
