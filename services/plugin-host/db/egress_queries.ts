import { and, desc, eq, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { isPurged, lockPurges } from "./purge_queries.ts";
import type { Executor } from "./plugin_queries.ts";
import { egress, plugins } from "./schema.ts";

export interface NewEgress {
  readonly pluginId: PluginId;
  readonly connectionId: ConnectionId | undefined;
  readonly userId: UserId | undefined;
  /** ISO 8601 */
  readonly occurredAt: string;
  readonly method: string;
  readonly fields: readonly string[];
  readonly entries: number;
}

const EgressRecord = z.object({
  seq: z.int(),
  pluginId: PluginId,
  connectionId: ConnectionId.nullable(),
  userId: UserId.nullable(),
  occurredAt: z.date(),
  method: z.string(),
  fields: z.array(z.string()),
  entries: z.int(),
});
export type EgressRecord = z.infer<typeof EgressRecord>;

/** Writes what left, except for plugins, connections and users that are gone meanwhile. */
export async function insertEgress(db: Executor, rows: readonly NewEgress[]): Promise<void> {
  await db.transaction(async (tx) => {
    await lockPurges(tx, "shared");
    await tx.execute(sql`
      insert into ${egress}
        (plugin_id, connection_id, user_id, occurred_at, method, fields, entries)
      select sent."pluginId", sent."connectionId", sent."userId", sent."occurredAt", sent.method,
        sent.fields, sent.entries
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent (
        "pluginId" uuid, "connectionId" uuid, "userId" uuid, "occurredAt" timestamptz,
        method text, fields jsonb, entries int)
      where exists (select from ${plugins} where id = sent."pluginId")
        and not ${isPurged(sql`sent."connectionId"`, sql`sent."userId"`)}`);
  });
}

/**
 * Newest first.
 *
 * @param userId whose alone; undefined for everybody's
 * @param beforeSeq those written before this one
 */
export async function listEgress(
  db: Executor,
  pluginId: PluginId,
  userId: UserId | undefined,
  page: { readonly beforeSeq: number | undefined; readonly limit: number },
): Promise<EgressRecord[]> {
  const rows = await db.select().from(egress).where(and(
    eq(egress.pluginId, pluginId),
    userId === undefined ? undefined : eq(egress.userId, userId),
    page.beforeSeq === undefined ? undefined : lt(egress.seq, page.beforeSeq),
  )).orderBy(desc(egress.seq)).limit(page.limit);
  return rows.map((row) => EgressRecord.parse(row));
}

/**
 * Deletes up to `limit` rows that are older than `days`.
 *
 * @returns how many there were
 */
export async function sweepEgress(db: Executor, days: number, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from ${egress} where seq in (
      select seq from ${egress} where occurred_at < now() - make_interval(days => ${days})
      limit ${limit} for update skip locked)
    returning seq`);
  return rows.length;
}
