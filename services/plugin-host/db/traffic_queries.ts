import { and, desc, eq, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { isPurged, lockPurges } from "./purge_queries.ts";
import type { Executor } from "./plugin_queries.ts";
import { plugins, traffic } from "./schema.ts";

/** What passed since it was last written. */
export interface NewTraffic {
  readonly pluginId: PluginId;
  readonly connectionId: ConnectionId | undefined;
  readonly userId: UserId | undefined;
  /** ISO 8601, of UTC */
  readonly day: string;
  /** `host:port` */
  readonly host: string;
  readonly connections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly refusals: number;
  /** ISO 8601 */
  readonly lastAt: string;
}

const TrafficRecord = z.object({
  seq: z.int(),
  pluginId: PluginId,
  connectionId: ConnectionId.nullable(),
  userId: UserId.nullable(),
  day: z.string(),
  host: z.string(),
  connections: z.int(),
  bytesIn: z.int(),
  bytesOut: z.int(),
  refusals: z.int(),
  lastAt: z.date(),
});
export type TrafficRecord = z.infer<typeof TrafficRecord>;

/** Adds to what is stored, except for plugins, connections and users that are gone meanwhile. */
export async function addTraffic(db: Executor, rows: readonly NewTraffic[]): Promise<void> {
  await db.transaction(async (tx) => {
    await lockPurges(tx, "shared");
    // In one order: replicas that add to the same rows at once must not wait for each other in a
    // circle.
    await tx.execute(sql`
      insert into ${traffic} as stored
        (plugin_id, connection_id, user_id, day, host, connections, bytes_in, bytes_out, refusals,
          last_at)
      select seen."pluginId", seen."connectionId", seen."userId", seen.day, seen.host,
        seen.connections, seen."bytesIn", seen."bytesOut", seen.refusals, seen."lastAt"
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as seen (
        "pluginId" uuid, "connectionId" uuid, "userId" uuid, day date, host text,
        connections bigint, "bytesIn" bigint, "bytesOut" bigint, refusals bigint,
        "lastAt" timestamptz)
      where exists (select from ${plugins} where id = seen."pluginId")
        and not ${isPurged(sql`seen."connectionId"`, sql`seen."userId"`)}
      order by seen."pluginId", seen."connectionId", seen.day, seen.host
      on conflict (plugin_id, connection_id, day, host) do update set
        connections = stored.connections + excluded.connections,
        bytes_in = stored.bytes_in + excluded.bytes_in,
        bytes_out = stored.bytes_out + excluded.bytes_out,
        refusals = stored.refusals + excluded.refusals,
        last_at = greatest(stored.last_at, excluded.last_at)`);
  });
}

/**
 * Newest first.
 *
 * @param userId whose alone; undefined for everybody's
 * @param beforeSeq those that were begun before this one
 */
export async function listTraffic(
  db: Executor,
  pluginId: PluginId,
  userId: UserId | undefined,
  page: { readonly beforeSeq: number | undefined; readonly limit: number },
): Promise<TrafficRecord[]> {
  const rows = await db.select().from(traffic).where(and(
    eq(traffic.pluginId, pluginId),
    userId === undefined ? undefined : eq(traffic.userId, userId),
    page.beforeSeq === undefined ? undefined : lt(traffic.seq, page.beforeSeq),
  )).orderBy(desc(traffic.seq)).limit(page.limit);
  return rows.map((row) => TrafficRecord.parse(row));
}

/**
 * Deletes up to `limit` rows that are older than `days`.
 *
 * @returns how many there were
 */
export async function sweepTraffic(db: Executor, days: number, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from ${traffic} where seq in (
      select seq from ${traffic} where last_at < now() - make_interval(days => ${days})
      limit ${limit} for update skip locked)
    returning seq`);
  return rows.length;
}
