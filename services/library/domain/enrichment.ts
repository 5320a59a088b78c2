/** A plugin's record against a stored document: the preview, and what apply makes of it. */
import {
  type ApplyAnswer,
  type BookMetadata,
  type FieldPreview,
  hasMoreCharacters,
  type IgnoredValue,
  type Json,
  type PluginSummary,
  type PreviewAnswer,
  type SeriesMetadata,
  toPointer,
  URL_CHARACTERS_MAX,
} from "@codex/protocol";
import { toFields, valueOf } from "./document.ts";
import { fitChanges } from "./document_size.ts";
import { layOver, leftOutReason, proposalOf } from "./overlay.ts";
import { snapshotOf } from "./snapshot.ts";
import type { FieldChange, StoredDocument } from "./write.ts";

/** Values that were left out and are told one by one. */
const IGNORED_TOLD_MAX = 200;

/** A plugin's record as it was read. */
export interface MetadataAnswer {
  readonly metadata: SeriesMetadata | BookMetadata;
  /** What reading it left out. */
  readonly ignored: readonly IgnoredValue[];
}

export interface Enrichment {
  readonly fields: readonly FieldPreview[];
  readonly snapshot: PreviewAnswer["snapshot"];
  /** Fields that the plugin gives and may not write: locked, not granted, or too large. */
  readonly refused: ReadonlySet<string>;
  /** What was left out of the answer. */
  readonly ignored: PreviewAnswer["ignored"];
  readonly externalUrl: string | undefined;
}

/** @param externalId as it was asked for */
export function enrich(
  stored: StoredDocument,
  plugin: PluginSummary,
  externalId: string,
  { metadata, ignored }: MetadataAnswer,
): Enrichment {
  const granted = new Set<string>(plugin.permissions);
  const ownSource = plugin.manifest?.capabilities.externalIdSource;
  const proposal = proposalOf(metadata, stored.fields, ownSource);
  const url = readUrl(metadata.externalUrl);
  const leftOut = [...ignored, ...proposal.leftOut, ...url.leftOut];
  const reasons = reasonsByField(leftOut);
  const { kind, id, version, locks } = stored;
  const laidOver = layOver({
    ...{ kind, stored: stored.fields, locks, granted, leftOut: reasons },
    proposed: proposal.fields,
  });
  const changes = laidOver.filter(({ status }) => status === "will_apply").map(toChange);
  const beyond = fitChanges(stored.fields, changes).leftOut;
  for (const { field, reason } of beyond) {
    reasons.set(field, reason);
    leftOut.push({ pointer: toPointer([field]), reason });
  }
  const withoutRoom = new Set(beyond.map(({ field }) => field));
  const fields = laidOver.map((it) =>
    withoutRoom.has(it.field) ? notKept(stored, it, reasons) : it
  );
  return {
    fields,
    snapshot: snapshotOf({
      ...{ kind, id, version, locks, externalId, granted },
      pluginId: plugin.id,
      answer: toFields(metadata),
    }),
    refused: new Set(
      fields.filter((it) => isRefused(it, reasons)).map(({ field }) => field),
    ),
    ignored: tellable(leftOut),
    externalUrl: url.externalUrl,
  };
}

export interface Selection {
  readonly changes: readonly FieldChange[];
  readonly skipped: ApplyAnswer["skippedFields"];
}

/**
 * What apply writes: the fields asked for that will apply, or all of them.
 *
 * @param asked only these; undefined for every field. Whatever of these can't be written is named with
 * its reason; of every field only those are named that are refused, not those with nothing to write.
 */
export function select(
  { fields, refused }: Pick<Enrichment, "fields" | "refused">,
  asked: ReadonlySet<string> | undefined,
): Selection {
  const changes: FieldChange[] = [];
  const skipped: ApplyAnswer["skippedFields"] = [];
  for (const preview of fields) {
    const { field, status, reason } = preview;
    if (asked !== undefined && !asked.has(field)) continue;
    if (status === "will_apply") {
      changes.push(toChange(preview));
    } else if (asked !== undefined || refused.has(field)) {
      skipped.push({ field, reason: reason ?? status });
    }
  }
  return { changes, skipped };
}

/** False when nothing could be written because all that was asked for is refused. */
export function succeeded({ refused }: Pick<Enrichment, "refused">, selection: Selection): boolean {
  if (selection.changes.length > 0) return true;
  return !selection.skipped.some(({ field }) => refused.has(field));
}

function toChange({ field, currentValue, proposedValue }: FieldPreview): FieldChange {
  return { field, before: emptyAsNull(currentValue), after: proposedValue };
}

function isRefused({ field, status }: FieldPreview, reasons: ReadonlyMap<string, string>): boolean {
  return status === "locked" || status === "no_permission" ||
    (status === "not_provided" && reasons.has(field));
}

/** A field for which the document has no room. */
function notKept(
  { kind }: StoredDocument,
  preview: FieldPreview,
  reasons: ReadonlyMap<string, string>,
): FieldPreview {
  return {
    ...preview,
    proposedValue: valueOf(kind, {}, preview.field),
    status: "not_provided",
    reason: leftOutReason(reasons.get(preview.field) ?? ""),
  };
}

/** The first reason for each field of the answer of which something was left out. */
function reasonsByField(leftOut: readonly IgnoredValue[]): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { pointer, reason } of leftOut) {
    // No field's name has a character that pointers escape.
    const [, field = "", ...within] = pointer.split("/");
    const told = within.length === 0 ? reason : `/${within.join("/")}: ${reason}`;
    if (!reasons.has(field)) reasons.set(field, told);
  }
  return reasons;
}

function readUrl(externalUrl: string | undefined) {
  if (!hasMoreCharacters(externalUrl ?? "", URL_CHARACTERS_MAX)) {
    return { externalUrl, leftOut: [] };
  }
  const reason = `Must have at most ${URL_CHARACTERS_MAX} characters`;
  return { externalUrl: undefined, leftOut: [{ pointer: "/externalUrl", reason }] };
}

export function tellable(leftOut: readonly IgnoredValue[]): PreviewAnswer["ignored"] {
  const told = leftOut.slice(0, IGNORED_TOLD_MAX);
  const more = leftOut.length - told.length;
  return more === 0 ? told : [...told, { pointer: "", reason: `${more} more were left out` }];
}

function emptyAsNull(value: Json): Json {
  return Array.isArray(value) && value.length === 0 ? null : value;
}
