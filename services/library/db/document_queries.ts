/** Reading, locking and writing of one document: what series and books have in common. */
import { and, eq, inArray, sql } from "drizzle-orm";
import { Locks as LocksSchema, ProvenanceMap as ProvenanceMapSchema } from "@codex/protocol";
import type { Locks } from "../domain/act.ts";
import { type Kind, readFields } from "../domain/document.ts";
import { SERIES_WORDS_MAX, toVector } from "../domain/search_words.ts";
import type { NextDocument, StoredDocument } from "../domain/write.ts";
import { arrayOf, type Executor, schema } from "./database.ts";

const { books, series } = schema;

/** A book can be moved to another series between two statements, but hardly so often. */
const MOVES_FOLLOWED_MAX = 5;

const seriesColumns = {
  id: series.id,
  libraryId: series.libraryId,
  seriesId: series.id,
  title: series.title,
  metadata: series.metadata,
  locks: series.locks,
  provenance: series.provenance,
  version: series.version,
};
const bookColumns = {
  id: books.id,
  libraryId: books.libraryId,
  seriesId: books.seriesId,
  title: books.title,
  metadata: books.metadata,
  locks: books.locks,
  provenance: books.provenance,
  version: books.version,
};

interface DocumentRow {
  id: string;
  libraryId: string;
  seriesId: string;
  title: string;
  metadata: unknown;
  locks: unknown;
  provenance: unknown;
  version: number;
}

function toStored(kind: Kind, row: DocumentRow): StoredDocument {
  const { id, libraryId, seriesId, title, version } = row;
  return {
    kind,
    id,
    libraryId,
    seriesId,
    title,
    version,
    fields: readFields(kind, row.metadata),
    locks: LocksSchema.parse(row.locks),
    provenance: ProvenanceMapSchema.parse(row.provenance),
  };
}

export async function findDocument(
  db: Executor,
  kind: Kind,
  id: string,
): Promise<StoredDocument | undefined> {
  const [row] = kind === "series"
    ? await db.select(seriesColumns).from(series).where(eq(series.id, id))
    : await db.select(bookColumns).from(books).where(eq(books.id, id));
  return row && toStored(kind, row);
}

/**
 * Keeps a document as it is until the transaction ends. A book's series is locked before the book, as
 * imports do, so that two writers never wait for each other.
 */
export async function lockDocument(
  tx: Executor,
  kind: Kind,
  id: string,
): Promise<StoredDocument | undefined> {
  if (kind === "series") return (await lockDocuments(tx, "series", [id]))[0];
  for (let attempt = 0; attempt < MOVES_FOLLOWED_MAX; attempt++) {
    const [place] = await tx.select({ seriesId: books.seriesId }).from(books)
      .where(eq(books.id, id));
    if (place === undefined) return undefined;
    await tx.select({ id: series.id }).from(series).where(eq(series.id, place.seriesId))
      .for("no key update");
    const [row] = await tx.select(bookColumns).from(books)
      .where(and(eq(books.id, id), eq(books.seriesId, place.seriesId))).for("no key update");
    if (row !== undefined) return toStored("book", row);
  }
  throw new Error(`Book "${id}" was moved ${MOVES_FOLLOWED_MAX} times while it was to be locked`);
}

/** Several at once, in the order of their ids. The series of books must be locked already. */
export async function lockDocuments(
  tx: Executor,
  kind: Kind,
  ids: readonly string[],
): Promise<StoredDocument[]> {
  if (ids.length === 0) return [];
  const wanted = arrayOf(ids, "uuid");
  const rows: DocumentRow[] = kind === "series"
    ? await tx.select(seriesColumns).from(series).where(sql`${series.id} = any(${wanted})`)
      .orderBy(series.id).for("no key update")
    : await tx.select(bookColumns).from(books).where(sql`${books.id} = any(${wanted})`)
      .orderBy(books.id).for("no key update");
  return rows.map((row) => toStored(kind, row));
}

/** Writes a locked document's next state and keeps its series findable by it. */
export async function writeDocument(
  tx: Executor,
  stored: StoredDocument,
  next: NextDocument,
  at: Date,
): Promise<void> {
  const common = {
    title: next.title,
    titleSort: next.titleSort,
    metadata: next.fields,
    locks: next.locks,
    provenance: next.provenance,
    version: stored.version + 1,
    importDigest: null,
    updatedAt: at,
  };
  const words = toVector(next.words);
  if (stored.kind === "series") {
    await tx.update(series).set({ ...common, ownWords: words }).where(eq(series.id, stored.id));
  } else {
    await tx.update(books).set({ ...common, words }).where(eq(books.id, stored.id));
  }
  await refreshSeries(tx, [stored.seriesId]);
}

/** Locks alone: neither the document nor its time of change is touched. */
export async function writeLocks(tx: Executor, stored: StoredDocument, locks: Locks) {
  const table = stored.kind === "series" ? series : books;
  // Unlocked, a field is open to the next import, even of a line that was imported before.
  await tx.update(table).set({ locks, importDigest: null }).where(eq(table.id, stored.id));
}

/** Locks of many series in one statement; returns how many there are. */
export async function writeSeriesLocks(
  tx: Executor,
  ids: readonly string[],
  lock: readonly string[],
  unlock: readonly string[],
): Promise<number> {
  const locked = JSON.stringify(Object.fromEntries(lock.map((field) => [field, true])));
  const wanted = tx.select({ id: series.id }).from(series)
    .where(sql`${series.id} = any(${arrayOf(ids, "uuid")})`)
    .orderBy(series.id).for("no key update");
  const rows = await tx.update(series)
    .set({
      locks: sql`(${series.locks} || ${locked}::jsonb) - ${arrayOf(unlock, "text")}`,
      importDigest: null,
    })
    .where(inArray(series.id, wanted)).returning({ id: series.id });
  return rows.length;
}

/** Counts the books of these series again, and gathers the words by which they are found. */
export async function refreshSeries(tx: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(sql`
    update library.series set
      book_count = (select count(*) from library.books where books.series_id = series.id),
      words = array_to_tsvector(array(
        select word from (
          select lexeme as word, 0 as rank from unnest(series.own_words)
          union all
          select lexeme, 1 from library.books, unnest(books.words)
          where books.series_id = series.id
        ) as found
        group by word order by min(rank), word limit ${SERIES_WORDS_MAX}))
    where series.id = any(${arrayOf(ids, "uuid")})`);
}
