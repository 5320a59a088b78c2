/** The part of a batch that meets rows which are there already. */
import { toPointer } from "@codex/protocol";
import type { Act } from "../domain/act.ts";
import { fitChanges } from "../domain/document_size.ts";
import {
  type BookCandidate,
  importAct,
  importChanges,
  type ImportPlan,
  type ImportTarget,
  touchedSeries,
} from "../domain/import_plan.ts";
import { type IncomingRow, placeInLine } from "../domain/import_row.ts";
import type { LeftOutValue } from "../domain/import_tally.ts";
import { toVector } from "../domain/search_words.ts";
import { afterWrite, type FieldChange, type StoredDocument } from "../domain/write.ts";
import type { Executor } from "../db/database.ts";
import { lockDocuments, refreshSeries } from "../db/document_queries.ts";
import * as queries from "../db/import_queries.ts";

/** Rows to write, and rows that turn out to be unchanged. */
interface Outcome<Row extends queries.ImportedRow> {
  readonly changed: Row[];
  readonly same: { id: string; digest: string }[];
}

/** Lays the lines over the rows that are there; returns how many were changed. */
export async function updateKnown(
  tx: Executor,
  target: ImportTarget,
  plan: ImportPlan,
): Promise<{ series: number; books: number; leftOut: readonly LeftOutValue[] }> {
  const touched = [...touchedSeries(plan)];
  const leftOut: LeftOutValue[] = [];
  if (touched.length === 0) return { series: 0, books: 0, leftOut };
  const storedSeries = byId(await lockDocuments(tx, "series", touched));
  const storedBooks = byId(await lockDocuments(tx, "book", plan.books.map(({ id }) => id)));

  const acts: queries.ImportedAct[] = [];
  const act = importAct(target.at.toISOString());
  const series: Outcome<queries.ImportedRow> = { changed: [], same: [] };
  for (const { id, incoming } of plan.series) {
    const stored = storedSeries.get(id);
    if (stored === undefined) continue;
    const changes = fittingChanges(stored, incoming, leftOut);
    if (changes.length === 0) series.same.push({ id, digest: incoming.digest });
    else series.changed.push(changedRow(target, stored, incoming, act, changes, acts));
  }
  const books: Outcome<queries.ImportedBook> = { changed: [], same: [] };
  for (const candidate of plan.books) {
    const { id, incoming, seriesId } = candidate;
    const stored = storedBooks.get(id);
    if (stored === undefined) continue;
    const changes = fittingChanges(stored, incoming, leftOut);
    if (changes.length === 0 && !isPlacedAnew(candidate)) {
      books.same.push({ id, digest: incoming.digest });
      continue;
    }
    const number = incoming.number ?? candidate.known.number;
    const row = changedRow(target, stored, incoming, act, changes, acts);
    books.changed.push({ ...row, seriesId, number });
  }

  await queries.updateSeries(tx, series.changed, target.at);
  await queries.updateBooks(tx, books.changed, target.at);
  await queries.stampDigests(tx, "series", series.same);
  await queries.stampDigests(tx, "books", books.same);
  await queries.insertImportHistory(tx, acts, target.at);
  await refreshSeries(tx, touched);
  return { series: series.changed.length, books: books.changed.length, leftOut };
}

/** What the line changes, as far as the document has room; the rest is added to `leftOut`. */
function fittingChanges(
  stored: StoredDocument,
  incoming: IncomingRow,
  leftOut: LeftOutValue[],
): readonly FieldChange[] {
  const { line, key } = incoming;
  const fitted = fitChanges(stored.fields, importChanges(stored, incoming));
  for (const { field, reason } of fitted.leftOut) {
    leftOut.push({ line, key, pointer: placeInLine(toPointer([field])), reason });
  }
  return fitted.changes;
}

/** The row after the line was laid over it; what changed is added to `acts`. */
function changedRow(
  target: ImportTarget,
  stored: StoredDocument,
  incoming: IncomingRow,
  act: Act,
  changes: readonly FieldChange[],
  acts: queries.ImportedAct[],
): queries.ImportedRow {
  const next = afterWrite(stored, { act, changes, lock: [], provenance: "of_act" });
  if (changes.length > 0) {
    acts.push({
      id: target.newId(),
      seriesId: stored.kind === "series" ? stored.id : null,
      bookId: stored.kind === "book" ? stored.id : null,
      changes,
      provenanceBefore: next.provenanceBefore,
    });
  }
  return {
    id: stored.id,
    key: incoming.key,
    title: next.title,
    titleSort: next.titleSort,
    fields: next.fields,
    provenance: next.provenance,
    digest: incoming.digest,
    words: toVector(next.words),
  };
}

/** Whether the line puts the book into another series or to another place in it. */
function isPlacedAnew({ incoming, seriesId, known }: BookCandidate): boolean {
  return seriesId !== known.seriesId ||
    (incoming.number !== undefined && incoming.number !== known.number);
}

function byId(documents: readonly StoredDocument[]): Map<string, StoredDocument> {
  return new Map(documents.map((document) => [document.id, document]));
}
