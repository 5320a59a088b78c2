/** Reads the manifest that a plugin answered `initialize` with, as hostile input. */
import {
  type IgnoredValue,
  Manifest,
  PROTOCOL_MAJOR,
  readWire,
  tellIssue,
  unknownFields,
} from "@codex/protocol";
import { oddWishes } from "../domain/odd_wishes.ts";
import { findUnstorable } from "../domain/storable.ts";

export type ManifestResult =
  | {
    readonly ok: true;
    readonly manifest: Manifest;
    /** What of it was passed over. */
    readonly ignored: readonly IgnoredValue[];
  }
  | { readonly ok: false; readonly reason: string };

/** Far more than a manifest needs: it is kept with the plugin, read with every call and shown to people. */
const MANIFEST_LENGTH_MAX = 256 * 1024;
/** Of the permissions and of the hosts that one asks for. */
const WISHES_MAX = 500;

/**
 * @param name the name it must have: that of its file; null where none was given
 */
export function readManifest(raw: unknown, name: string | null): ManifestResult {
  if ((JSON.stringify(raw)?.length ?? 0) > MANIFEST_LENGTH_MAX) {
    return { ok: false, reason: `The manifest is longer than ${MANIFEST_LENGTH_MAX / 1024} KiB` };
  }
  // A limit or an issuer that was left out would let it do what it says it doesn't.
  const read = readWire(Manifest, raw, "enumerations");
  if (!read.ok) {
    const issues = read.issues.slice(0, 10).map(tellIssue);
    return { ok: false, reason: `The manifest is not valid: ${issues.join("; ")}` };
  }
  const unstorable = findUnstorable(read.value);
  if (unstorable !== undefined) {
    return { ok: false, reason: `The manifest is not valid: ${unstorable}` };
  }
  const { protocolVersion, permissions = [], network = [] } = read.value;
  if (Math.max(permissions.length, network.length) > WISHES_MAX) {
    return {
      ok: false,
      reason: `The manifest asks for more than ${WISHES_MAX} permissions or hosts`,
    };
  }
  if (Number(protocolVersion.split(".")[0]) !== PROTOCOL_MAJOR) {
    return {
      ok: false,
      reason:
        `The plugin speaks protocol version ${protocolVersion}, this host speaks ${PROTOCOL_MAJOR}.x`,
    };
  }
  if (name !== null && read.value.name !== name) {
    return {
      ok: false,
      reason:
        `The manifest's name "${read.value.name}" is not that of codex-plugin.json, "${name}"`,
    };
  }
  const ignored = [...read.ignored, ...unknownFields(Manifest, raw), ...oddWishes(read.value)];
  return { ok: true, manifest: read.value, ignored };
}
