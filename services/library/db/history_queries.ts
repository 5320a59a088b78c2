import { and, desc, eq, getTableColumns, lt, sql } from "drizzle-orm";
import {
  HistoryEntry,
  type HistoryId,
  Json,
  ProvenanceMap as ProvenanceMapSchema,
} from "@codex/protocol";
import { z } from "zod";
import type { Act, ProvenanceMap } from "../domain/act.ts";
import type { Kind } from "../domain/document.ts";
import type { FieldChange, StoredDocument } from "../domain/write.ts";
import { type Executor, schema } from "./database.ts";
import { CANDIDATES, fittingRows, type ListedRows, listedRows, PLACE } from "./fitting_rows.ts";

const { history } = schema;

const { provenanceBefore: _, ...columns } = getTableColumns(history);

const Changes: z.ZodType<FieldChange[]> = z.array(
  z.object({ field: z.string(), before: Json, after: Json }),
);

export interface ListedEntry {
  readonly entry: HistoryEntry;
  readonly sequence: number;
}

export interface RecordedAct {
  readonly kind: Kind;
  /** The series or book. */
  readonly ownerId: string;
  readonly changes: readonly FieldChange[];
  readonly provenanceBefore: ProvenanceMap;
}

export async function insertHistory(
  tx: Executor,
  id: string,
  stored: StoredDocument,
  act: Act,
  changes: readonly FieldChange[],
  provenanceBefore: ProvenanceMap,
): Promise<void> {
  await tx.insert(history).values({
    ...act,
    id,
    [stored.kind === "series" ? "seriesId" : "bookId"]: stored.id,
    at: new Date(act.at),
    changes,
    provenanceBefore,
  });
}

/** Newest first. */
export async function listHistory(
  db: Executor,
  kind: Kind,
  ownerId: string,
  before: number | undefined,
  limit: number,
): Promise<ListedRows<ListedEntry>> {
  const owner = kind === "series" ? history.seriesId : history.bookId;
  const ids = db.select({ id: history.id }).from(history)
    .where(and(
      eq(owner, ownerId),
      before === undefined ? undefined : lt(history.sequence, before),
    ))
    .orderBy(desc(history.sequence)).limit(limit);
  const fitting = fittingRows({
    table: "history",
    ids,
    order: sql`sequence desc`,
    columns: ["changes"],
  });
  const rows = await db.select({ ...columns, candidates: CANDIDATES }).from(history)
    .innerJoin(fitting, sql`fitting.id = ${history.id}`).orderBy(PLACE);
  return listedRows(rows, (row) => ({ entry: toEntry(row), sequence: row.sequence }));
}

export async function findHistory(db: Executor, id: HistoryId): Promise<RecordedAct | undefined> {
  const [row] = await db.select().from(history).where(eq(history.id, id));
  if (row === undefined) return undefined;
  const changes = Changes.parse(row.changes);
  const provenanceBefore = ProvenanceMapSchema.parse(row.provenanceBefore);
  if (row.seriesId !== null) {
    return { kind: "series", ownerId: row.seriesId, changes, provenanceBefore };
  }
  if (row.bookId === null) throw new Error(`History entry "${id}" is of nothing`);
  return { kind: "book", ownerId: row.bookId, changes, provenanceBefore };
}

export async function markReverted(tx: Executor, id: HistoryId, at: Date): Promise<void> {
  await tx.update(history).set({ revertedAt: at }).where(eq(history.id, id));
}

function toEntry(row: Pick<typeof history.$inferSelect, keyof typeof columns>): HistoryEntry {
  const { userId, pluginId, pluginName, pluginVersion, externalId } = row;
  return HistoryEntry.parse({
    id: row.id,
    at: row.at.toISOString(),
    source: row.source,
    ...(userId !== null && { userId }),
    ...(pluginId !== null && { pluginId }),
    ...(pluginName !== null && { pluginName }),
    ...(pluginVersion !== null && { pluginVersion }),
    ...(externalId !== null && { externalId }),
    changes: row.changes,
    ...(row.revertedAt !== null && { revertedAt: row.revertedAt.toISOString() }),
  });
}
