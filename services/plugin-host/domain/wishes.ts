/** What a plugin asks for: the union of its file and its manifest (protocol.md: "Installed plugins"). */
import {
  type Manifest,
  NetworkEntry,
  Permission,
  permissionsOfContentTypes,
  WRITE_ALL,
} from "@codex/protocol";
import type { FileWishes } from "../db/plugin_record.ts";

/** As many hosts as one grant takes; wishes beyond could not be granted. */
const NETWORK_MAX = 100;

export interface Wishes {
  readonly permissions: readonly Permission[];
  readonly network: readonly string[];
}

/** Names this host doesn't know are left out: they can't be granted. */
export function wishesOf(file: FileWishes, manifest: Manifest | null): Wishes {
  const declared = [...(file.permissions ?? []), ...(manifest?.permissions ?? [])];
  const network = [...(file.network ?? []), ...(manifest?.network ?? [])]
    .filter((entry) => NetworkEntry.safeParse(entry).success);
  const permissions = declared
    .map((name) => Permission.safeParse(name))
    .flatMap((parsed) => parsed.success ? [parsed.data] : []);
  const isSilent = file.permissions === undefined && manifest?.permissions === undefined;
  return {
    permissions: isSilent
      ? permissionsOfContentTypes(manifest?.capabilities.metadataProvider ?? [])
      : [...new Set(permissions)].sort(),
    network: [...new Set(network)].sort().slice(0, NETWORK_MAX),
  };
}

/** Grants that the configuration needs and that are not given, in words. */
export function neededGrants(
  config: Readonly<Record<string, unknown>>,
  network: readonly string[],
): string[] {
  if (network.includes("*")) return [];
  const needed: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const entry = typeof value === "string" ? hostOf(value) : undefined;
    if (entry === undefined || network.some((granted) => withPort(granted) === withPort(entry))) {
      continue;
    }
    needed.push(`Setting "${key}" points to "${entry}", which is not granted`);
  }
  return needed;
}

/** Whether a permission is granted, by itself or with all others. */
export function isCovered(permission: Permission, granted: readonly Permission[]): boolean {
  if (granted.includes(permission)) return true;
  return permission.startsWith("metadata:write:") && granted.includes(WRITE_ALL);
}

/** The network entry an http(s) URL needs. */
function hostOf(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.port !== "") return url.host;
  return url.protocol === "http:" ? `${url.hostname}:80` : url.hostname;
}

function withPort(entry: string): string {
  return /:\d+$/.test(entry) ? entry.toLowerCase() : `${entry.toLowerCase()}:443`;
}
