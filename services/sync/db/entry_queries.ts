/** What is known of each entry of a connection. */
import { and, asc, count, eq, gt, type SQL, sql } from "drizzle-orm";
import type { ConnectionId, UserId } from "@codex/protocol";
import { type EntryKey, keyOfId } from "../domain/entry_key.ts";
import { Extent } from "../domain/extent.ts";
import { RemoteEntry } from "../domain/remote_entry.ts";
import { arrayOf, type Executor, rowsOf, schema } from "./database.ts";

const { entryStates } = schema;

export interface EntryState {
  readonly key: EntryKey;
  readonly remote: RemoteEntry | undefined;
  readonly remoteSeenAt: Date | undefined;
  readonly matched: boolean;
  readonly acknowledgedHash: string | undefined;
  readonly acknowledged: Extent | undefined;
}

/** Whose entries. */
export interface EntryOwner {
  readonly connectionId: ConnectionId;
  readonly userId: UserId;
}

export async function findStates(
  db: Executor,
  connectionId: ConnectionId,
  keys: readonly EntryKey[],
): Promise<Map<EntryKey, EntryState>> {
  if (keys.length === 0) return new Map();
  const rows = await db.select().from(entryStates)
    .where(
      and(ofConnection(connectionId), sql`${entryStates.entryKey} = any(${arrayOf(keys, "text")})`),
    );
  return new Map(rows.map(toState).map((state) => [state.key, state]));
}

export interface PulledState {
  readonly remote: RemoteEntry;
  readonly matched: boolean;
}

/** Keeps what a pull told; a row that says so already is left alone. */
export async function savePulled(
  tx: Executor,
  { connectionId, userId }: EntryOwner,
  entries: readonly PulledState[],
  seenAt: Date,
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ remote, matched }) => ({
    key: keyOfId(remote.externalId),
    remote,
    matched,
  }));
  await tx.execute(sql`
    insert into sync.entry_states as known
      (connection_id, entry_key, user_id, remote, remote_seen_at, matched)
    select ${connectionId}::uuid, key, ${userId}::uuid, remote, ${instant(seenAt)}, matched
    from ${rowsOf(rows, "key text, remote jsonb, matched boolean")}
    on conflict (connection_id, entry_key) do update set
      remote = excluded.remote, remote_seen_at = excluded.remote_seen_at, matched = excluded.matched
    where (known.remote, known.matched) is distinct from (excluded.remote, excluded.matched)`);
}

export interface AcknowledgedState {
  readonly key: EntryKey;
  readonly hash: string;
  readonly extent: Extent;
  /** What the service holds now, where it took something. */
  readonly remote?: RemoteEntry;
}

/** Keeps what needs no more sending. */
export async function saveAcknowledged(
  tx: Executor,
  { connectionId, userId }: EntryOwner,
  entries: readonly AcknowledgedState[],
  at: Date,
): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(sql`
    insert into sync.entry_states as known (connection_id, entry_key, user_id, remote,
      acknowledged_hash, acknowledged, acknowledged_at)
    select ${connectionId}::uuid, key, ${userId}::uuid, remote, hash, extent, ${instant(at)}
    from ${rowsOf(entries, "key text, hash text, extent jsonb, remote jsonb")}
    on conflict (connection_id, entry_key) do update set
      remote = coalesce(excluded.remote, known.remote),
      acknowledged_hash = excluded.acknowledged_hash,
      acknowledged = excluded.acknowledged,
      acknowledged_at = excluded.acknowledged_at`);
}

/** Entries of the service that belong to no series here, in the order of their keys. */
export async function listUnmatched(
  db: Executor,
  connectionId: ConnectionId,
  after: string,
  limit: number,
): Promise<(EntryState & { readonly remote: RemoteEntry })[]> {
  const rows = await db.select().from(entryStates)
    .where(and(ofConnection(connectionId), isUnmatched, gt(entryStates.entryKey, after)))
    .orderBy(asc(entryStates.entryKey)).limit(limit);
  return rows.map(toState).flatMap((state) =>
    state.remote === undefined ? [] : [{ ...state, remote: state.remote }]
  );
}

export async function countUnmatched(db: Executor, connectionId: ConnectionId): Promise<number> {
  const [row] = await db.select({ count: count() }).from(entryStates)
    .where(and(ofConnection(connectionId), isUnmatched));
  return row?.count ?? 0;
}

export async function setMatched(
  tx: Executor,
  connectionId: ConnectionId,
  keys: readonly EntryKey[],
  matched: boolean,
): Promise<void> {
  if (keys.length === 0) return;
  await tx.update(entryStates).set({ matched })
    .where(
      and(ofConnection(connectionId), sql`${entryStates.entryKey} = any(${arrayOf(keys, "text")})`),
    );
}

/** Forgets what is known of all entries. */
export async function deleteStates(tx: Executor, connectionId: ConnectionId): Promise<void> {
  await tx.delete(entryStates).where(ofConnection(connectionId));
}

const isUnmatched = sql`not ${entryStates.matched}`;

function ofConnection(connectionId: ConnectionId): SQL {
  return eq(entryStates.connectionId, connectionId);
}

function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

function toState(row: typeof entryStates.$inferSelect): EntryState {
  return {
    key: row.entryKey as EntryKey,
    remote: row.remote === null ? undefined : RemoteEntry.parse(row.remote),
    remoteSeenAt: row.remoteSeenAt ?? undefined,
    matched: row.matched,
    acknowledgedHash: row.acknowledgedHash ?? undefined,
    acknowledged: row.acknowledged === null ? undefined : Extent.parse(row.acknowledged),
  };
}
