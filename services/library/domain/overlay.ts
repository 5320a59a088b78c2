/** A plugin's answer laid over a stored document, field by field (architecture.md: "Enrich a series"). */
import {
  type BookMetadata,
  type ExternalId,
  ExternalId as ExternalIdSchema,
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
import { fitFields, type FittedFields } from "./document_size.ts";
import { externalIdsOf, toJson, unionBySource } from "./external_ids.ts";
import { storable, storableText } from "./storable_text.ts";

export interface Overlay {
  readonly kind: Kind;
  readonly stored: Fields;
  readonly locks: Locks;
  /** What the plugin gives, as {@linkcode proposalOf} makes it. */
  readonly proposed: Fields;
  /** Fields of which the plugin gave nothing that can be kept, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Permissions granted to the plugin. */
  readonly granted: ReadonlySet<string>;
}

/**
 * What a plugin's answer would make of the document. Lists replace lists, except `externalIds`: there
 * the answer counts for the sources it names and the ids of other sources stay. What is too large for
 * a document is left out.
 *
 * @param ownSource the manifest's `externalIdSource`: the record's own id belongs to it
 */
export function proposalOf(
  answer: SeriesMetadata | BookMetadata,
  stored: Fields,
  ownSource: string | undefined,
): FittedFields {
  const { externalId, externalUrl: _, ...document } = answer;
  const fitted = fitFields(storable(toFields(document)) as Fields);
  const fields: Record<string, Json> = { ...fitted.fields };
  // A blank title is none: every series and book keeps a title.
  if (typeof fields["title"] === "string" && fields["title"].trim() === "") delete fields["title"];

  const given: ExternalId[] = externalIdsOf(fields);
  const leftOut = [...fitted.leftOut];
  if (ownSource !== undefined && !given.some(({ source }) => source === ownSource)) {
    const id = storableText(externalId);
    const own = ExternalIdSchema.safeParse({ source: ownSource, externalId: id });
    if (own.success) given.push(own.data);
    else leftOut.push({ pointer: "/externalId", reason: "Is too long for an external id" });
  }
  if (given.length === 0) return { fields, leftOut };
  fields["externalIds"] = toJson(unionBySource(externalIdsOf(stored), given));
  // With the ids of other sources there may be too many.
  const united = fitFields(fields);
  return { fields: united.fields, leftOut: [...leftOut, ...united.leftOut] };
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
  { stored, proposed, leftOut, locks, granted }: Overlay,
  field: MetadataField,
): { status: FieldStatus; reason?: string } {
  if (proposed[field] === undefined) {
    const why = leftOut.get(field);
    const reason = why === undefined ? "The plugin gives no value" : leftOutReason(why);
    return { status: "not_provided", reason };
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

/** What is said of a field whose value can't be kept. */
export function leftOutReason(why: string): string {
  return `The plugin's value was left out: ${why}`;
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
