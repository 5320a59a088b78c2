import { and, asc, eq, gt, or, sql } from "drizzle-orm";
import { type Library, LibraryId } from "@codex/protocol";
import type { Position } from "../domain/position.ts";
import { type Executor, schema } from "./database.ts";

const { libraries } = schema;

const columns = {
  id: libraries.id,
  name: libraries.name,
  path: libraries.path,
  createdAt: libraries.createdAt,
  updatedAt: libraries.updatedAt,
  // Spelt out: drizzle leaves the table's name out of a column in a query of one table.
  seriesCount: sql<number>`(
    select count(*)::int from library.series where series.library_id = libraries.id)`,
  bookCount: sql<number>`(
    select count(*)::int from library.books where books.library_id = libraries.id)`,
};

type Row = typeof libraries.$inferSelect & { seriesCount: number; bookCount: number };

/** In order of their names. */
export async function listLibraries(
  db: Executor,
  after: Position<string> | undefined,
  limit: number,
): Promise<Library[]> {
  const rows = await db.select(columns).from(libraries)
    .where(
      after && or(
        gt(libraries.name, after.key),
        and(eq(libraries.name, after.key), gt(libraries.id, after.id)),
      ),
    )
    .orderBy(asc(libraries.name), asc(libraries.id)).limit(limit);
  return rows.map(toLibrary);
}

export async function findLibrary(db: Executor, id: LibraryId): Promise<Library | undefined> {
  const [row] = await db.select(columns).from(libraries).where(eq(libraries.id, id));
  return row && toLibrary(row);
}

export async function insertLibrary(
  db: Executor,
  library: { id: string; name: string; path: string | null; at: Date },
): Promise<void> {
  const { id, name, path, at } = library;
  await db.insert(libraries).values({ id, name, path, createdAt: at, updatedAt: at });
}

/** False where there is no such library. */
export async function updateLibrary(
  db: Executor,
  id: LibraryId,
  change: { name?: string; path?: string | null; updatedAt: Date },
): Promise<boolean> {
  const rows = await db.update(libraries).set(change).where(eq(libraries.id, id))
    .returning({ id: libraries.id });
  return rows.length > 0;
}

/** With everything in it; false where there is no such library. */
export async function deleteLibrary(db: Executor, id: LibraryId): Promise<boolean> {
  const rows = await db.delete(libraries).where(eq(libraries.id, id))
    .returning({ id: libraries.id });
  return rows.length > 0;
}

/**
 * Keeps imports into one library one after the other, batch by batch, and the library itself from being
 * deleted; readers and people's edits go on. False where there is no such library.
 */
export async function lockLibrary(tx: Executor, id: LibraryId): Promise<boolean> {
  const rows = await tx.select({ id: libraries.id }).from(libraries)
    .where(eq(libraries.id, id)).for("no key update");
  return rows.length > 0;
}

function toLibrary(row: Row): Library {
  return {
    id: LibraryId.parse(row.id),
    name: row.name,
    ...(row.path !== null && { path: row.path }),
    seriesCount: row.seriesCount,
    bookCount: row.bookCount,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
