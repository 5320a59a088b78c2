/**
 * What of a plugin an administrator's grant covers, and how what it says now differs: another wish is
 * held for approval and never used before; a new version alone is only told.
 */
import type { Manifest } from "@codex/protocol";
import type { FileWishes } from "../db/plugin_record.ts";
import { canonicalJson, differences } from "./manifest_digest.ts";
import { wishesOf } from "./wishes.ts";

/** A plugin's manifest and `codex-plugin.json`, both of one moment. */
export interface Declaration {
  readonly manifest: Manifest;
  readonly file: FileWishes;
}

/** What was granted and what is seen now; null where nothing was granted or seen yet. */
export interface TrustInput {
  readonly pinnedManifest: Manifest | null;
  readonly pinnedFileWishes: FileWishes | null;
  readonly seenManifest: Manifest | null;
  readonly fileWishes: FileWishes;
  readonly grantedVersion: string | null;
}

/**
 * Whether what was granted has been replaced by something that was never read: it gets no secret and no
 * work until its manifest was.
 */
export function isUnread({ pinnedManifest, seenManifest }: TrustInput): boolean {
  return pinnedManifest !== null && seenManifest === null;
}

const SUMMARIZED_MAX = 10;

/** What an administrator has to approve before it counts, in words; empty while all is as granted. */
export function pendingChanges(input: TrustInput): string[] {
  const { pinnedManifest, pinnedFileWishes, seenManifest, fileWishes } = input;
  if (isUnread(input)) return ["Its folder holds something else than what was granted"];
  if (pinnedManifest === null || seenManifest === null) return [];
  const granted = { manifest: pinnedManifest, file: pinnedFileWishes ?? fileWishes };
  return changedWishes(granted, { manifest: seenManifest, file: fileWishes });
}

/** The first of many changes as one sentence for people; lists have all of them. */
export function summarizeChanges(changes: readonly string[]): string {
  const more = changes.length - SUMMARIZED_MAX;
  const first = changes.slice(0, SUMMARIZED_MAX).join("; ");
  return more > 0 ? `${first}; and ${more} more` : first;
}

/** What changed and needs no approval, in words. */
export function notedChanges({ seenManifest, grantedVersion }: TrustInput): string[] {
  if (seenManifest === null || grantedVersion === null) return [];
  const { version } = seenManifest;
  return version === grantedVersion ? [] : [`Version ${grantedVersion} → ${version}`];
}

/** How the wishes of a plugin differ from those that were granted, in words. */
export function changedWishes(granted: Declaration, now: Declaration): string[] {
  const before = wishesOf(granted.file, granted.manifest);
  const after = wishesOf(now.file, now.manifest);
  return [
    ...listChanges("the permission", before.permissions, after.permissions),
    ...listChanges("the network host", before.network, after.network),
    ...differences(comparable(granted.manifest), comparable(now.manifest)),
    ...commandChange(granted.file, now.file),
  ];
}

/** The parts of a manifest that a grant covers, beside permissions and network. */
function comparable({ capabilities, oauth, requiredCredentials }: Manifest) {
  return {
    capabilities: {
      ...capabilities,
      metadataProvider: [...new Set(capabilities.metadataProvider)].sort(),
    },
    oauth: oauth && { ...oauth, scopes: [...new Set(oauth.scopes)].sort() },
    requiredCredentials: requiredCredentials.map(({ key, type, required, sensitive }) => ({
      key,
      type,
      required,
      sensitive,
    })),
  };
}

function listChanges(
  what: string,
  before: readonly string[],
  after: readonly string[],
): string[] {
  const added = new Set(after).difference(new Set(before));
  const gone = new Set(before).difference(new Set(after));
  return [
    ...[...added].map((name) => `Now asks for ${what} "${name}"`),
    ...[...gone].map((name) => `No longer asks for ${what} "${name}"`),
  ];
}

function commandChange(before: FileWishes, after: FileWishes): string[] {
  const [was, is] = [commandOf(before), commandOf(after)];
  return canonicalJson(was) === canonicalJson(is)
    ? []
    : [`Command: ${was.join(" ")} → ${is.join(" ")}`];
}

function commandOf({ command, args }: FileWishes): string[] {
  return command === undefined ? [] : [command, ...args ?? []];
}
