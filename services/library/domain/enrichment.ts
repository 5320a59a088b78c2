/** A plugin's record against a stored document: the preview, and what apply makes of it. */
import type {
  ApplyAnswer,
  BookMetadata,
  FieldPreview,
  Json,
  PluginSummary,
  PreviewAnswer,
  SeriesMetadata,
} from "@codex/protocol";
import { layOver, proposalOf } from "./overlay.ts";
import { snapshotOf } from "./snapshot.ts";
import type { FieldChange, StoredDocument } from "./write.ts";
import { toFields } from "./document.ts";

export interface Enrichment {
  readonly fields: readonly FieldPreview[];
  readonly snapshot: PreviewAnswer["snapshot"];
}

/** @param externalId as it was asked for */
export function enrich(
  stored: StoredDocument,
  plugin: PluginSummary,
  externalId: string,
  answer: SeriesMetadata | BookMetadata,
): Enrichment {
  const granted = new Set<string>(plugin.permissions);
  const ownSource = plugin.manifest?.capabilities.externalIdSource;
  const proposed = proposalOf(answer, stored.fields, ownSource);
  const { kind, id, version, locks } = stored;
  return {
    fields: layOver({ kind, stored: stored.fields, locks, proposed, granted }),
    snapshot: snapshotOf({
      ...{ kind, id, version, locks, externalId, granted },
      pluginId: plugin.id,
      answer: toFields(answer),
    }),
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
  fields: readonly FieldPreview[],
  asked: ReadonlySet<string> | undefined,
): Selection {
  const changes: FieldChange[] = [];
  const skipped: ApplyAnswer["skippedFields"] = [];
  for (const { field, status, reason, currentValue, proposedValue } of fields) {
    if (asked !== undefined && !asked.has(field)) continue;
    if (status === "will_apply") {
      changes.push({ field, before: emptyAsNull(currentValue), after: proposedValue });
    } else if (asked !== undefined || isRefusal(status)) {
      skipped.push({ field, reason: reason ?? status });
    }
  }
  return { changes, skipped };
}

/** False when nothing could be written because all that was asked for is refused. */
export function succeeded(fields: readonly FieldPreview[], selection: Selection): boolean {
  if (selection.changes.length > 0) return true;
  const skipped = new Set(selection.skipped.map(({ field }) => field));
  return !fields.some(({ field, status }) => skipped.has(field) && isRefusal(status));
}

function isRefusal(status: FieldPreview["status"]): boolean {
  return status === "locked" || status === "no_permission";
}

function emptyAsNull(value: Json): Json {
  return Array.isArray(value) && value.length === 0 ? null : value;
}
