/** Series that stand for entries of a service although their metadata doesn't say so. */
import { and, asc, eq, sql } from "drizzle-orm";
import type { ConnectionId, ExternalMatch, SeriesId } from "@codex/protocol";
import { arrayOf, type Executor, rowsOf, schema } from "./database.ts";
import type { EntryOwner } from "./entry_queries.ts";

const { entryMatches } = schema;

export type EntryMatchRow = typeof entryMatches.$inferSelect;
export type MatchSource = EntryMatchRow["source"];

export async function listMatches(
  db: Executor,
  connectionId: ConnectionId,
): Promise<ExternalMatch[]> {
  const rows = await db.select().from(entryMatches)
    .where(eq(entryMatches.connectionId, connectionId));
  return rows.map(toMatch);
}

/** Of these external ids only. */
export async function findMatches(
  db: Executor,
  connectionId: ConnectionId,
  externalIds: readonly string[],
): Promise<ExternalMatch[]> {
  if (externalIds.length === 0) return [];
  const rows = await db.select().from(entryMatches).where(and(
    eq(entryMatches.connectionId, connectionId),
    sql`${entryMatches.externalId} = any(${arrayOf(externalIds, "text")})`,
  ));
  return rows.map(toMatch);
}

export async function pageMatches(
  db: Executor,
  connectionId: ConnectionId,
  after: { externalId: string; seriesId: string } | undefined,
  limit: number,
): Promise<EntryMatchRow[]> {
  return await db.select().from(entryMatches)
    .where(and(
      eq(entryMatches.connectionId, connectionId),
      after && sql`(${entryMatches.externalId}, ${entryMatches.seriesId})
        > (${after.externalId}, ${after.seriesId}::uuid)`,
    ))
    .orderBy(asc(entryMatches.externalId), asc(entryMatches.seriesId)).limit(limit);
}

export async function saveMatches(
  tx: Executor,
  { connectionId, userId }: EntryOwner,
  matches: readonly ExternalMatch[],
  source: MatchSource,
  at: Date,
): Promise<void> {
  if (matches.length === 0) return;
  await tx.execute(sql`
    insert into sync.entry_matches
      (connection_id, external_id, series_id, user_id, source, created_at)
    select ${connectionId}::uuid, "externalId", "seriesId", ${userId}::uuid, ${source},
      ${at.toISOString()}::timestamptz
    from ${rowsOf(matches, `"externalId" text, "seriesId" uuid`)}
    on conflict do nothing`);
}

export async function deleteMatches(
  tx: Executor,
  connectionId: ConnectionId,
  externalId: string,
): Promise<void> {
  await tx.delete(entryMatches).where(and(
    eq(entryMatches.connectionId, connectionId),
    eq(entryMatches.externalId, externalId),
  ));
}

function toMatch({ externalId, seriesId }: EntryMatchRow): ExternalMatch {
  return { externalId, seriesId: seriesId as SeriesId };
}
