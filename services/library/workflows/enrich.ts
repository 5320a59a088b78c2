/** Preview and apply of a plugin's metadata (architecture.md: "Enrich a series"). */
import type {
  ApplyAnswer,
  ApplyRequest,
  CallContext,
  PreviewAnswer,
  PreviewRequest,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import { transact } from "../db/database.ts";
import { findDocument } from "../db/document_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { pluginAct } from "../domain/act.ts";
import { type Kind, unknownFields } from "../domain/document.ts";
import { enrich, select, type Selection, succeeded } from "../domain/enrichment.ts";
import { summarize } from "../domain/overlay.ts";
import { changedParts } from "../domain/snapshot.ts";
import type { StoredDocument } from "../domain/write.ts";
import { lockOrRefuse, saveWrite } from "./documents.ts";
import { applicablePlugin, getMetadata } from "./plugin_answers.ts";

export type EnrichDeps = Pick<LibraryDeps, "db" | "now" | "newId" | "pluginHost">;

/** @throws ProblemError `not_found` */
export async function findOrRefuse(
  deps: Pick<LibraryDeps, "db">,
  kind: Kind,
  id: string,
): Promise<StoredDocument> {
  const stored = await findDocument(deps.db, kind, id);
  if (stored === undefined) throw new ProblemError("not_found", `There is no such ${kind}`);
  return stored;
}

export async function preview(
  deps: EnrichDeps,
  context: CallContext,
  kind: Kind,
  id: string,
  request: z.infer<typeof PreviewRequest>,
): Promise<PreviewAnswer> {
  const { pluginId, externalId } = request;
  const { libraryId } = await findOrRefuse(deps, kind, id);
  const plugin = await applicablePlugin(deps, context, pluginId, kind, libraryId);
  const answer = await getMetadata(deps, context, plugin, kind, externalId);
  // Read after the call, which can take long: a preview shows what stands there now.
  const stored = await findOrRefuse(deps, kind, id);
  const { fields, snapshot, ignored, externalUrl } = enrich(stored, plugin, externalId, answer);
  return {
    fields: [...fields],
    summary: summarize(fields),
    ...(externalUrl !== undefined && { externalUrl }),
    pluginId,
    pluginName: plugin.name,
    snapshot,
    ignored,
  };
}

/**
 * Writes what a preview said.
 *
 * The plugin is asked for its record first, since that can take long, and for its grants once more when
 * the row is locked: nothing that was decided before then counts. So a permission that was withdrawn
 * before the lock was taken is never used, and a write holds the row only for one short call. One that is
 * withdrawn between that call and the commit, a few milliseconds later, counts as withdrawn after the
 * write.
 *
 * @throws ProblemError `snapshot_stale` naming what changed; as `preview` does
 */
export async function apply(
  deps: EnrichDeps,
  context: CallContext,
  kind: Kind,
  id: string,
  request: z.infer<typeof ApplyRequest>,
): Promise<ApplyAnswer> {
  const { pluginId, externalId } = request;
  const asked = askedFields(kind, request.fields);
  const { libraryId } = await findOrRefuse(deps, kind, id);
  const asking = await applicablePlugin(deps, context, pluginId, kind, libraryId);
  const answer = await getMetadata(deps, context, asking, kind, externalId);
  return await transact(deps.db, async (tx) => {
    const stored = await lockOrRefuse(tx, kind, id);
    const plugin = await applicablePlugin(deps, context, pluginId, kind, libraryId);
    const enrichment = enrich(stored, plugin, externalId, answer);
    if (request.snapshot !== undefined) refuseStale(request.snapshot, enrichment.snapshot);

    const selection = select(enrichment, asked);
    if (!request.dryRun) {
      const at = new Date(deps.now()).toISOString();
      await saveWrite(tx, deps, stored, {
        act: pluginAct(plugin, externalId, context.subject?.userId, at),
        changes: selection.changes,
        lock: request.lockAfterApply ? selection.changes.map(({ field }) => field) : [],
        provenance: "of_act",
      });
    }
    return {
      success: succeeded(enrichment, selection),
      appliedFields: selection.changes.map(({ field }) => field),
      skippedFields: selection.skipped,
      message: messageOf(selection, request.dryRun),
      ignored: enrichment.ignored,
      ...(request.dryRun && { dryRunReport: { changes: [...selection.changes] } }),
    };
  });
}

function askedFields(
  kind: Kind,
  fields: readonly string[] | undefined,
): ReadonlySet<string> | undefined {
  if (fields === undefined) return undefined;
  const unknown = new Set(unknownFields(kind, fields));
  if (unknown.size === 0) return new Set(fields);
  const errors = fields.flatMap((field, index) =>
    unknown.has(field)
      ? [{ pointer: `/fields/${index}`, detail: `A ${kind} has no field "${field}"` }]
      : []
  );
  throw new ProblemError("bad_request", errors.map(({ detail }) => detail).join("; "), { errors });
}

function refuseStale(taken: string, now: string): void {
  const changed = changedParts(taken, now);
  if (changed.length === 0) return;
  throw new ProblemError(
    "snapshot_stale",
    `Changed since the preview: ${changed.join(", ")}; preview again`,
  );
}

function messageOf({ changes, skipped }: Selection, dryRun: boolean): string {
  const count = (n: number) => `${n} ${n === 1 ? "field" : "fields"}`;
  const done = changes.length === 0
    ? "Nothing to write"
    : `${dryRun ? "Would write" : "Wrote"} ${count(changes.length)}`;
  return skipped.length === 0 ? done : `${done}; ${count(skipped.length)} skipped`;
}
