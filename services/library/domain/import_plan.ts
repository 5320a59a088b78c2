/** What a batch of an import does to a library: what is new, what may have changed, what is as it was. */
import type { LibraryId } from "@codex/protocol";
import type { Act } from "./act.ts";
import { sameValue } from "./document.ts";
import type { IncomingBook, IncomingRow, IncomingSeries } from "./import_row.ts";
import type { FieldChange, StoredDocument } from "./write.ts";

/** Where an import goes, and when it came. */
export interface ImportTarget {
  readonly libraryId: LibraryId;
  readonly at: Date;
  readonly newId: () => string;
}

export interface KnownRow {
  readonly id: string;
  readonly key: string;
  /** Of the line that last wrote it; null once anything else has. */
  readonly importDigest: string | null;
}

export interface KnownBook extends KnownRow {
  readonly seriesId: string;
  readonly number: number | null;
}

export interface NewSeries {
  readonly id: string;
  readonly incoming: IncomingSeries;
  readonly newBooks: readonly IncomingBook[];
}

export interface NewBook {
  readonly id: string;
  readonly seriesId: string;
  readonly incoming: IncomingBook;
}

/** A row that is there already and isn't as this very line left it. */
export interface Candidate<Incoming extends IncomingRow> {
  readonly id: string;
  readonly incoming: Incoming;
}

export interface BookCandidate extends Candidate<IncomingBook> {
  /** The series it belongs to by the import. */
  readonly seriesId: string;
  readonly known: KnownBook;
}

export interface ImportPlan {
  readonly newSeries: readonly NewSeries[];
  readonly newBooks: readonly NewBook[];
  readonly series: readonly Candidate<IncomingSeries>[];
  readonly books: readonly BookCandidate[];
  readonly unchangedSeries: number;
  readonly unchangedBooks: number;
  /** Series that are there already and get a new book. */
  readonly grownSeriesIds: ReadonlySet<string>;
}

/** Series whose rows the plan's updates touch: of changed rows, and those that books come to or leave. */
export function touchedSeries(plan: ImportPlan): Set<string> {
  const ids = new Set(plan.grownSeriesIds);
  for (const { id } of plan.series) ids.add(id);
  for (const { seriesId, known } of plan.books) ids.add(seriesId).add(known.seriesId);
  return ids;
}

export function planImport(
  batch: readonly IncomingSeries[],
  knownSeries: ReadonlyMap<string, KnownRow>,
  knownBooks: ReadonlyMap<string, KnownBook>,
  newId: () => string,
): ImportPlan {
  const newSeries: NewSeries[] = [];
  const newBooks: NewBook[] = [];
  const series: Candidate<IncomingSeries>[] = [];
  const books: BookCandidate[] = [];
  const grownSeriesIds = new Set<string>();
  let unchangedSeries = 0;
  let unchangedBooks = 0;
  for (const incoming of batch) {
    const known = knownSeries.get(incoming.key);
    const seriesId = known?.id ?? newId();
    const fresh: IncomingBook[] = [];
    for (const book of incoming.books) {
      const there = knownBooks.get(book.key);
      if (there === undefined) {
        fresh.push(book);
        newBooks.push({ id: newId(), seriesId, incoming: book });
      } else if (there.seriesId === seriesId && there.importDigest === book.digest) {
        unchangedBooks++;
      } else {
        books.push({ id: there.id, incoming: book, seriesId, known: there });
      }
    }
    if (known === undefined) newSeries.push({ id: seriesId, incoming, newBooks: fresh });
    else if (known.importDigest === incoming.digest) unchangedSeries++;
    else series.push({ id: known.id, incoming });
    if (known !== undefined && fresh.length > 0) grownSeriesIds.add(known.id);
  }
  return { newSeries, newBooks, series, books, unchangedSeries, unchangedBooks, grownSeriesIds };
}

/**
 * What a line changes of a row that is there: only fields that it gives, and of these only those that
 * no one has edited since (http-api.md: "the same key again updates what no one has edited since").
 * What a line leaves out or leaves empty stays.
 */
export function importChanges(stored: StoredDocument, incoming: IncomingRow): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [field, value] of Object.entries(incoming.fields)) {
    if (stored.locks[field] || isEdited(stored, field)) continue;
    if (sameValue(stored.fields[field], value)) continue;
    changes.push({ field, before: stored.fields[field] ?? null, after: value });
  }
  return changes;
}

export function importAct(at: string): Act {
  return { source: "import", at };
}

function isEdited(stored: StoredDocument, field: string): boolean {
  const writer = stored.provenance[field]?.source;
  return writer === "user" || writer === "plugin";
}
