/** One batch of an import, in one transaction. */
import type { Provenance } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { type ProvenanceMap, provenanceOf } from "../domain/act.ts";
import type { Fields } from "../domain/document.ts";
import {
  importAct,
  type ImportPlan,
  type ImportTarget,
  planImport,
} from "../domain/import_plan.ts";
import type { IncomingRow, IncomingSeries } from "../domain/import_row.ts";
import type { BatchCounts } from "../domain/import_tally.ts";
import { seriesWords, toVector } from "../domain/search_words.ts";
import { titleSort } from "../domain/title_sort.ts";
import { type Executor, transact } from "../db/database.ts";
import * as queries from "../db/import_queries.ts";
import { lockLibrary } from "../db/library_queries.ts";
import { updateKnown } from "./import_updates.ts";

/** A batch can wait for a person's write, which is over within a few seconds. */
const LOCK_TIMEOUT_MS = 30_000;

/** @throws ProblemError `not_found` when the library was deleted meanwhile */
export function writeBatch(
  db: Executor,
  target: ImportTarget,
  batch: readonly IncomingSeries[],
): Promise<BatchCounts> {
  return transact(db, async (tx) => {
    if (!await lockLibrary(tx, target.libraryId)) {
      throw new ProblemError("not_found", "There is no such library");
    }
    const seriesKeys = batch.map(({ key }) => key);
    const bookKeys = batch.flatMap(({ books }) => books.map(({ key }) => key));
    const known = await queries.findKeys(tx, target.libraryId, seriesKeys, bookKeys);
    const plan = planImport(batch, known.series, known.books, target.newId);
    await insertNew(tx, target, plan);
    const updated = await updateKnown(tx, target, plan);
    return {
      series: {
        created: plan.newSeries.length,
        updated: updated.series,
        unchanged: plan.unchangedSeries + plan.series.length - updated.series,
      },
      books: {
        created: plan.newBooks.length,
        updated: updated.books,
        unchanged: plan.unchangedBooks + plan.books.length - updated.books,
      },
      leftOut: updated.leftOut,
    };
  }, LOCK_TIMEOUT_MS);
}

async function insertNew(tx: Executor, target: ImportTarget, plan: ImportPlan): Promise<void> {
  const written = provenanceOf(importAct(target.at.toISOString()));
  const series = plan.newSeries.map(({ id, incoming, newBooks }) => ({
    ...newRow(id, incoming, written),
    bookCount: newBooks.length,
    ownWords: toVector(incoming.words),
    words: toVector(seriesWords(incoming.words, newBooks.map((book) => book.words))),
  }));
  const books = plan.newBooks.map(({ id, seriesId, incoming }) => ({
    ...newRow(id, incoming, written),
    seriesId,
    number: incoming.number ?? null,
  }));
  await queries.insertSeries(tx, target.libraryId, series, target.at);
  await queries.insertBooks(tx, target.libraryId, books, target.at);
}

function newRow(id: string, incoming: IncomingRow, written: Provenance): queries.ImportedRow {
  return {
    id,
    key: incoming.key,
    title: incoming.title,
    titleSort: titleSort(incoming.title),
    fields: incoming.fields,
    provenance: provenanceOfAll(incoming.fields, written),
    digest: incoming.digest,
    words: toVector(incoming.words),
  };
}

function provenanceOfAll(fields: Fields, written: Provenance): ProvenanceMap {
  const provenance: ProvenanceMap = {};
  for (const field of Object.keys(fields)) provenance[field] = written;
  return provenance;
}
