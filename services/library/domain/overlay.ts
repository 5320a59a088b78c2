/** A plugin's answer laid over a stored document, field by field (architecture.md: "Enrich a series"). */
import {
  type BookMetadata,
  type ExternalId,
  type FieldPreview,
  type FieldStatus,
  type Json,
  mayWrite,
  type MetadataField,
  PERMISSION_OF_FIELD,
  type SeriesMetadata,
} from "@codex/protocol";
import type { Locks } from "./act.ts";
import {
  type Fields,
  FIELDS_OF_KIND,
  type Kind,
  sameValue,
  toFields,
  valueOf,
} from "./document.ts";
import { externalIdsOf, toJson, unionBySource } from "./external_ids.ts";
import { storable } from "./storable_text.ts";

export interface Overlay {
  readonly kind: Kind;
  readonly stored: Fields;
  readonly locks: Locks;
  /** What the plugin gives, as {@linkcode proposalOf} makes it. */
  readonly proposed: Fields;
  /** Permissions granted to the plugin. */
  readonly granted: ReadonlySet<string>;
}

/**
 * What a plugin's answer would make of the document. Lists replace lists, except `externalIds`: there
 * the answer counts for the sources it names and the ids of other sources stay.
 *
 * @param ownSource the manifest's `externalIdSource`: the record's own id belongs to it
 */
export function proposalOf(
  answer: SeriesMetadata | BookMetadata,
  stored: Fields,
  ownSource: string | undefined,
): Fields {
  const { externalId, externalUrl: _, ...document } = answer;
  const fields: Record<string, Json> = { ...storable(toFields(document)) as Fields };
  // A blank title is none: every series and book keeps a title.
  if (typeof fields["title"] === "string" && fields["title"].trim() === "") delete fields["title"];

  const given: ExternalId[] = externalIdsOf(fields);
  if (ownSource !== undefined && !given.some(({ source }) => source === ownSource)) {
    given.push({ source: ownSource, externalId });
  }
  if (given.length > 0) {
    fields["externalIds"] = toJson(unionBySource(externalIdsOf(stored), given));
  }
  return fields;
}

/**
 * The status of every field, in the schema's order.
 *
 * A lock tells more than a missing grant, since the person at hand can lift it; and both are told even
 * where the values agree, so that a refused field is always refused by name.
 */
export function layOver(overlay: Overlay): FieldPreview[] {
  return FIELDS_OF_KIND[overlay.kind].map((field) => {
    const current = valueOf(overlay.kind, overlay.stored, field);
    const proposed = valueOf(overlay.kind, overlay.proposed, field);
    const { status, reason } = judge(overlay, field);
    return {
      field,
      currentValue: current,
      proposedValue: proposed,
      status,
      ...(reason !== undefined && { reason }),
    };
  });
}

function judge(
  { stored, proposed, locks, granted }: Overlay,
  field: MetadataField,
): { status: FieldStatus; reason?: string } {
  if (proposed[field] === undefined) {
    return { status: "not_provided", reason: "The plugin gives no value" };
  }
  const permitted = mayWrite(granted, field);
  const needed = `permission "metadata:write:${PERMISSION_OF_FIELD[field]}"`;
  if (locks[field]) {
    const also = permitted ? "" : `; and the plugin has no ${needed}`;
    return { status: "locked", reason: `The field is locked${also}` };
  }
  if (!permitted) return { status: "no_permission", reason: `The plugin has no ${needed}` };
  if (sameValue(stored[field], proposed[field])) {
    return { status: "unchanged", reason: "The plugin gives the same value" };
  }
  return { status: "will_apply" };
}

/** How many fields have each status. */
export function summarize(fields: readonly FieldPreview[]) {
  const count = (status: FieldStatus) => fields.filter((field) => field.status === status).length;
  return {
    willApply: count("will_apply"),
    locked: count("locked"),
    noPermission: count("no_permission"),
    unchanged: count("unchanged"),
    notProvided: count("not_provided"),
  };
}
