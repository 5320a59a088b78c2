/** Entries that their plugin has not acknowledged. */
import { and, asc, count, eq, gt, inArray, isNotNull, lte, ne, type SQL, sql } from "drizzle-orm";
import {
  type ConnectionId,
  JsonObject,
  type PluginId,
  SyncEntry,
  type UserId,
} from "@codex/protocol";
import type { EntryKey } from "../domain/entry_key.ts";
import { Extent } from "../domain/extent.ts";
import { arrayOf, type Executor, rowsOf, schema } from "./database.ts";
import type { EntryOwner } from "./entry_queries.ts";
import { UNFINISHED } from "./run_queries.ts";

const { outboxEntries, syncRuns } = schema;

export interface OutboxRow {
  readonly id: string;
  readonly key: EntryKey;
  readonly sequence: number;
  readonly entry: SyncEntry;
  /** The entry as it is kept, with whatever else it holds. */
  readonly raw: JsonObject;
  readonly hash: string;
  readonly extent: Extent;
  readonly seriesIds: readonly string[];
  readonly builtBy: string;
  readonly attempts: number;
  readonly lastError: string | undefined;
  /** Undefined while it waits for the reader. */
  readonly nextAttemptAt: Date | undefined;
  readonly createdAt: Date;
}

export async function findOutbox(
  db: Executor,
  connectionId: ConnectionId,
  keys: readonly EntryKey[],
): Promise<Map<EntryKey, OutboxRow>> {
  if (keys.length === 0) return new Map();
  const rows = await db.select().from(outboxEntries).where(ofKeys(connectionId, keys));
  return new Map(rows.map(toRow).map((row) => [row.key, row]));
}

export interface OutboxDraft {
  readonly key: EntryKey;
  readonly entry: SyncEntry;
  readonly hash: string;
  readonly extent: Extent;
  readonly seriesIds: readonly string[];
}

/**
 * Means entries to be sent. One that is another than before is due now, its failures forgotten; one
 * that stayed the same keeps its place, attempts and wait.
 */
export async function saveOutbox(
  tx: Executor,
  { connectionId, userId }: EntryOwner,
  runId: string,
  drafts: readonly OutboxDraft[],
  at: Date,
): Promise<void> {
  if (drafts.length === 0) return;
  const columns = `key text, entry json, hash text, extent jsonb, "seriesIds" uuid[]`;
  const rows = drafts.map((draft) => ({ ...draft, externalId: draft.entry.externalId }));
  await tx.execute(sql`
    insert into sync.outbox_entries as known (connection_id, user_id, entry_key, external_id, entry,
      hash, extent, series_ids, built_by, next_attempt_at, created_at)
    select ${connectionId}::uuid, ${userId}::uuid, key, "externalId", entry, hash, extent,
      "seriesIds", ${runId}::uuid, ${instant(at)}, ${instant(at)}
    from ${rowsOf(rows, `${columns}, "externalId" text`)}
    on conflict (connection_id, entry_key) do update set
      entry = excluded.entry, hash = excluded.hash, extent = excluded.extent,
      series_ids = excluded.series_ids, built_by = excluded.built_by,
      attempts = case when ${isSame} then known.attempts else 0 end,
      last_error = case when ${isSame} then known.last_error end,
      next_attempt_at = case when ${isSame} then known.next_attempt_at
        else excluded.next_attempt_at end`);
}

const isSame = sql.raw(
  `known.hash = excluded.hash and known.entry ->> 'title' is not distinct from excluded.entry ->> 'title'`,
);

/** Takes back what no longer needs sending. */
export async function deleteOutbox(
  tx: Executor,
  connectionId: ConnectionId,
  keys: readonly EntryKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await tx.delete(outboxEntries).where(ofKeys(connectionId, keys));
}

/** Takes back what a run's building did not mean to be sent any more. */
export async function deleteUnbuilt(
  tx: Executor,
  connectionId: ConnectionId,
  runId: string,
): Promise<void> {
  await tx.delete(outboxEntries)
    .where(and(eq(outboxEntries.connectionId, connectionId), ne(outboxEntries.builtBy, runId)));
}

export async function emptyOutbox(tx: Executor, connectionId: ConnectionId): Promise<void> {
  await tx.delete(outboxEntries).where(eq(outboxEntries.connectionId, connectionId));
}

export async function listDue(
  db: Executor,
  connectionId: ConnectionId,
  now: Date,
  limit: number,
): Promise<OutboxRow[]> {
  const rows = await db.select().from(outboxEntries).where(isDue(connectionId, now))
    .orderBy(asc(outboxEntries.sequence)).limit(limit);
  return rows.map(toRow);
}

export async function countDue(
  db: Executor,
  connectionId: ConnectionId,
  now: Date,
): Promise<number> {
  const [row] = await db.select({ count: count() }).from(outboxEntries)
    .where(isDue(connectionId, now));
  return row?.count ?? 0;
}

export async function countOutbox(db: Executor, connectionId: ConnectionId): Promise<number> {
  const [row] = await db.select({ count: count() }).from(outboxEntries)
    .where(eq(outboxEntries.connectionId, connectionId));
  return row?.count ?? 0;
}

export interface FailedAttempt {
  readonly id: string;
  readonly reason: string;
  readonly nextAttemptAt: Date | null;
}

export async function saveFailures(
  tx: Executor,
  failures: readonly FailedAttempt[],
): Promise<void> {
  if (failures.length === 0) return;
  await tx.execute(sql`
    update sync.outbox_entries as known set
      attempts = known.attempts + 1, last_error = given.reason,
      next_attempt_at = given."nextAttemptAt"
    from ${rowsOf(failures, `id uuid, reason text, "nextAttemptAt" timestamptz`)}
    where known.id = given.id`);
}

/** Puts off what had failed before and would be due. */
export async function postponeFailed(
  tx: Executor,
  connectionId: ConnectionId,
  now: Date,
  until: Date,
): Promise<void> {
  await tx.update(outboxEntries).set({ nextAttemptAt: until })
    .where(and(isDue(connectionId, now), gt(outboxEntries.attempts, 0)));
}

/** Entries of a connection in the order of sending. */
export async function listOutbox(
  db: Executor,
  connectionId: ConnectionId,
  after: number,
  limit: number,
): Promise<OutboxRow[]> {
  const rows = await db.select().from(outboxEntries)
    .where(and(eq(outboxEntries.connectionId, connectionId), gt(outboxEntries.sequence, after)))
    .orderBy(asc(outboxEntries.sequence)).limit(limit);
  return rows.map(toRow);
}

/** Makes entries due now; one that waited for the reader has one attempt. Returns how many. */
export async function retryOutbox(
  db: Executor,
  connectionId: ConnectionId,
  ids: readonly string[] | undefined,
  now: Date,
): Promise<number> {
  const rows = await db.update(outboxEntries).set({
    attempts: sql`least(${outboxEntries.attempts}, 1)`,
    nextAttemptAt: now,
  })
    .where(and(
      eq(outboxEntries.connectionId, connectionId),
      ids && sql`${outboxEntries.id} = any(${arrayOf(ids, "uuid")})`,
    ))
    .returning({ id: outboxEntries.id });
  return rows.length;
}

/** Removes one entry and gives it back; undefined where there is none. */
export async function takeOutboxEntry(
  tx: Executor,
  connectionId: ConnectionId,
  id: string,
): Promise<OutboxRow | undefined> {
  const [row] = await tx.delete(outboxEntries)
    .where(and(eq(outboxEntries.connectionId, connectionId), eq(outboxEntries.id, id)))
    .returning();
  return row && toRow(row);
}

export interface WaitingConnection extends EntryOwner {
  readonly pluginId: PluginId;
}

/** Connections whose failed entries are due again and that have no unfinished sync. */
export async function listRetryable(
  db: Executor,
  now: Date,
  limit: number,
): Promise<WaitingConnection[]> {
  const { connectionSyncs } = schema;
  const rows = await db.selectDistinct({
    connectionId: outboxEntries.connectionId,
    userId: outboxEntries.userId,
    pluginId: connectionSyncs.pluginId,
  }).from(outboxEntries)
    .innerJoin(connectionSyncs, eq(connectionSyncs.connectionId, outboxEntries.connectionId))
    .where(and(
      isNotNull(outboxEntries.nextAttemptAt),
      lte(outboxEntries.nextAttemptAt, now),
      gt(outboxEntries.attempts, 0),
      sql`not exists (${
        db.select({ one: sql`1` }).from(syncRuns).where(and(
          eq(syncRuns.connectionId, outboxEntries.connectionId),
          eq(syncRuns.kind, "sync"),
          inArray(syncRuns.state, [...UNFINISHED]),
        ))
      })`,
    )).limit(limit);
  return rows.map(({ connectionId, userId, pluginId }) => ({
    connectionId: connectionId as ConnectionId,
    userId: userId as UserId,
    pluginId: pluginId as PluginId,
  }));
}

function ofKeys(connectionId: ConnectionId, keys: readonly EntryKey[]): SQL | undefined {
  return and(
    eq(outboxEntries.connectionId, connectionId),
    sql`${outboxEntries.entryKey} = any(${arrayOf(keys, "text")})`,
  );
}

function isDue(connectionId: ConnectionId, now: Date): SQL | undefined {
  return and(eq(outboxEntries.connectionId, connectionId), lte(outboxEntries.nextAttemptAt, now));
}

function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

function toRow(row: typeof outboxEntries.$inferSelect): OutboxRow {
  return {
    id: row.id,
    key: row.entryKey as EntryKey,
    sequence: row.sequence,
    entry: SyncEntry.parse(row.entry),
    raw: JsonObject.parse(row.entry),
    hash: row.hash,
    extent: Extent.parse(row.extent),
    seriesIds: row.seriesIds,
    builtBy: row.builtBy,
    attempts: row.attempts,
    lastError: row.lastError ?? undefined,
    nextAttemptAt: row.nextAttemptAt ?? undefined,
    createdAt: row.createdAt,
  };
}
