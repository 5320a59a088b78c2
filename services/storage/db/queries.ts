/**
 * Every statement of storage. What touches one connection goes through one function of
 * `migrations/0001_isolation.sql`, in one round trip.
 *
 * They are tagged templates of postgres.js: it prepares them and sends parameters in the first
 * message, where drizzle's `execute` asks for their types first.
 */
import type { ConnectionId, PluginId, TicketClaims, UserId } from "@codex/protocol";
import type { Sql } from "@codex/service/database";

export interface StoredValue {
  /** JSON as it was stored. */
  readonly text: string;
  readonly expiresAt: Date | undefined;
}

export interface StoredKey {
  readonly keyText: string;
  readonly expiresAt: Date | undefined;
  readonly updatedAt: Date;
}

export interface NewEntry {
  readonly keyText: string;
  /** Compact JSON. */
  readonly valueText: string;
  readonly expiresAt: Date | undefined;
}

/** What came of a set; nothing has changed unless it is `stored`. */
export type SetOutcome =
  | "stored"
  | "expires_in_past"
  | "keys_max"
  | "purged"
  | "not_json"
  | "nested_too_deep";

export async function getEntry(
  sql: Sql,
  connectionId: ConnectionId,
  keyText: string,
): Promise<StoredValue | undefined> {
  const [row] = await sql<{ data: string; expires_at_ms: number | null }[]>`
    select data, expires_at_ms from storage.get_entry(${connectionId}, ${keyText})`;
  return row && { text: row.data, expiresAt: toDate(row.expires_at_ms) };
}

export async function setEntry(
  sql: Sql,
  { connectionId, pluginId, userId }: TicketClaims,
  { keyText, valueText, expiresAt }: NewEntry,
  keysMax: number,
): Promise<SetOutcome> {
  try {
    const [row] = await sql<{ outcome: SetOutcome }[]>`
      select storage.set_entry(${connectionId}, ${pluginId}, ${userId},
        ${keyText}, ${valueText}, ${expiresAt?.getTime() ?? null}, ${keysMax}) as outcome`;
    return row!.outcome;
  } catch (error) {
    const outcome = REFUSED_VALUES.get(sqlState(error));
    if (outcome === undefined) throw error;
    return outcome;
  }
}

/** Whether there was such a live key. */
export async function deleteEntry(
  sql: Sql,
  connectionId: ConnectionId,
  keyText: string,
): Promise<boolean> {
  const [row] = await sql<{ deleted: boolean }[]>`
    select storage.delete_entry(${connectionId}, ${keyText}) as deleted`;
  return row!.deleted;
}

/** Live keys, in no order. */
export async function listEntries(sql: Sql, connectionId: ConnectionId): Promise<StoredKey[]> {
  const rows = await sql<
    { key: string; expires_at_ms: number | null; updated_at_ms: number }[]
  >`select key, expires_at_ms, updated_at_ms from storage.list_entries(${connectionId})`;
  return rows.map((row) => ({
    keyText: row.key,
    expiresAt: toDate(row.expires_at_ms),
    updatedAt: new Date(row.updated_at_ms),
  }));
}

/** How many live keys were deleted. */
export async function clearEntries(sql: Sql, connectionId: ConnectionId): Promise<number> {
  const [row] = await sql<{ deleted: number }[]>`
    select storage.clear_entries(${connectionId}) as deleted`;
  return row!.deleted;
}

export interface ConnectionUse {
  readonly connectionId: ConnectionId;
  readonly keys: number;
  readonly bytes: number;
}

/** Live keys and their values' bytes, of every connection to a plugin that has any. Maintenance role. */
export async function countUse(sql: Sql, pluginId: PluginId): Promise<ConnectionUse[]> {
  const rows = await sql<ConnectionUse[]>`
    select connection_id as "connectionId", count(*)::int as keys,
      sum(value_bytes)::float8 as bytes
    from storage.entries
    where plugin_id = ${pluginId} and (expires_at is null or expires_at > clock_timestamp())
    group by connection_id order by connection_id`;
  return [...rows];
}

/** Deletes a connection's data and keeps it from coming back. Maintenance role. */
export async function purgeConnection(sql: Sql, connectionId: ConnectionId): Promise<void> {
  await sql`select storage.purge_connection(${connectionId})`;
}

/** The same for every connection of a user. Maintenance role. */
export async function purgeUser(sql: Sql, userId: UserId): Promise<void> {
  const rows = await sql<{ id: ConnectionId }[]>`select storage.purge_user(${userId}) as id`;
  for (const { id } of rows) await purgeConnection(sql, id);
}

/** Connections that keep something expired, at most `connectionsMax`. Maintenance role. */
export async function connectionsToSweep(
  sql: Sql,
  connectionsMax: number,
): Promise<ConnectionId[]> {
  const rows = await sql<{ id: ConnectionId }[]>`
    select distinct connection_id as id from storage.entries
    where expires_at <= clock_timestamp() limit ${connectionsMax}`;
  return rows.map((row) => row.id);
}

/** Deletes what has expired of a connection: how many keys. Maintenance role. */
export async function sweepConnection(sql: Sql, connectionId: ConnectionId): Promise<number> {
  const [row] = await sql<{ deleted: number }[]>`
    select storage.sweep_connection(${connectionId}) as deleted`;
  return row!.deleted;
}

/** Forgets purges older than `seconds`. Maintenance role. */
export async function sweepPurges(sql: Sql, seconds: number): Promise<void> {
  await sql`delete from storage.purges
    where purged_at < clock_timestamp() - make_interval(secs => ${seconds})`;
}

/** PostgreSQL's refusals of a value: no JSON (also U+0000 as a byte), and its parser's stack. */
const REFUSED_VALUES: ReadonlyMap<unknown, SetOutcome> = new Map<unknown, SetOutcome>([
  ["22P02", "not_json"],
  ["22021", "not_json"],
  ["54001", "nested_too_deep"],
]);

function sqlState(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : undefined;
}

function toDate(milliseconds: number | null): Date | undefined {
  return milliseconds === null ? undefined : new Date(milliseconds);
}
