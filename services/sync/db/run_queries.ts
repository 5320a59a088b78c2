/** Runs: begun, taken up, carried on and told. */
import { and, desc, eq, inArray, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import {
  type ConnectionId,
  PluginId,
  SyncNote,
  type SyncStartedBy,
  type TaskState,
  UserId,
} from "@codex/protocol";
import { z } from "zod";
import { arrayOf, type Executor, schema } from "./database.ts";

const { syncRuns } = schema;

export type RunRow = typeof syncRuns.$inferSelect;
export type RunPhase = RunRow["phase"];
export type RunKind = RunRow["kind"];
export type RunId = string;

/** A run as the service works with it. */
export interface Run extends Omit<RunRow, "connectionId" | "pluginId" | "userId" | "notes"> {
  readonly connectionId: ConnectionId;
  readonly pluginId: PluginId;
  readonly userId: UserId;
  readonly notes: readonly SyncNote[];
}

export const UNFINISHED: readonly TaskState[] = ["queued", "running", "paused"];

const isUnfinished = inArray(syncRuns.state, [...UNFINISHED]);

export interface NewRun {
  readonly id: RunId;
  readonly connectionId: ConnectionId;
  readonly pluginId: PluginId;
  readonly userId: UserId;
  readonly kind: RunKind;
  readonly startedBy: z.infer<typeof SyncStartedBy>;
  readonly dryRun: boolean;
  readonly phase: RunPhase;
  readonly batchSize: number;
  readonly createdAt: Date;
}

/** Fails with a unique violation while another run of the kind is unfinished. */
export async function insertRun(tx: Executor, run: NewRun): Promise<void> {
  await tx.insert(syncRuns).values(run);
}

export async function findRun(db: Executor, id: RunId): Promise<Run | undefined> {
  const [row] = await db.select().from(syncRuns).where(eq(syncRuns.id, id));
  return row && toRun(row);
}

export async function findRuns(db: Executor, ids: readonly RunId[]): Promise<Run[]> {
  const rows = await db.select().from(syncRuns)
    .where(sql`${syncRuns.id} = any(${arrayOf(ids, "uuid")})`);
  return rows.map(toRun);
}

export async function findUnfinishedRun(
  db: Executor,
  connectionId: ConnectionId,
  kind: RunKind,
): Promise<Run | undefined> {
  const [row] = await db.select().from(syncRuns)
    .where(and(eq(syncRuns.connectionId, connectionId), eq(syncRuns.kind, kind), isUnfinished));
  return row && toRun(row);
}

/** Unfinished runs of a kind of somebody's connections. */
export async function listUnfinishedRuns(
  db: Executor,
  userId: UserId,
  kind: RunKind,
): Promise<Run[]> {
  const rows = await db.select().from(syncRuns)
    .where(and(eq(syncRuns.userId, userId), eq(syncRuns.kind, kind), isUnfinished));
  return rows.map(toRun);
}

/** Of whatever kind. */
export async function findNewestRun(
  db: Executor,
  connectionId: ConnectionId,
): Promise<Run | undefined> {
  const [row] = await db.select().from(syncRuns)
    .where(eq(syncRuns.connectionId, connectionId))
    .orderBy(desc(syncRuns.createdAt), desc(syncRuns.id)).limit(1);
  return row && toRun(row);
}

/** Syncs of a connection, the newest first. */
export async function listSyncs(
  db: Executor,
  connectionId: ConnectionId,
  before: { at: string; id: string } | undefined,
  limit: number,
): Promise<Run[]> {
  const rows = await db.select().from(syncRuns)
    .where(and(
      eq(syncRuns.connectionId, connectionId),
      eq(syncRuns.kind, "sync"),
      before && sql`(${syncRuns.createdAt}, ${syncRuns.id})
        < (${before.at}::timestamptz, ${before.id}::uuid)`,
    ))
    .orderBy(desc(syncRuns.createdAt), desc(syncRuns.id)).limit(limit);
  return rows.map(toRun);
}

/** The newest finished sync of each connection that was no dry one. */
export async function listLastResults(
  db: Executor,
  userId: UserId,
): Promise<Map<string, Run>> {
  const rows = await db.selectDistinctOn([syncRuns.connectionId]).from(syncRuns)
    .where(and(
      eq(syncRuns.userId, userId),
      eq(syncRuns.kind, "sync"),
      inArray(syncRuns.state, ["succeeded", "failed"]),
      eq(syncRuns.dryRun, false),
    ))
    .orderBy(syncRuns.connectionId, desc(syncRuns.createdAt), desc(syncRuns.id));
  return new Map(rows.map((row) => [row.connectionId, toRun(row)]));
}

/**
 * Takes a run up: it is due, and nobody else is at work. By the database's clock, the one that all
 * replicas share.
 *
 * @param now of the service, by which a waiting run is due
 */
export async function claimRun(
  db: Executor,
  id: RunId,
  now: Date,
  leaseMs: number,
): Promise<Run | undefined> {
  const [row] = await db.update(syncRuns)
    .set({
      state: "running",
      attempt: sql`${syncRuns.attempt} + 1`,
      stalls: sql`${syncRuns.stalls} + 1`,
      leaseUntil: leaseEnd(leaseMs),
      resumeAt: null,
      reason: null,
      startedAt: sql`coalesce(${syncRuns.startedAt}, ${now.toISOString()}::timestamptz)`,
      progressedAt: sql`coalesce(${syncRuns.progressedAt}, ${now.toISOString()}::timestamptz)`,
    })
    .where(and(
      eq(syncRuns.id, id),
      isUnfinished,
      or(isNull(syncRuns.leaseUntil), lte(syncRuns.leaseUntil, sql`now()`)),
      or(isNull(syncRuns.resumeAt), lte(syncRuns.resumeAt, now)),
    ))
    .returning();
  return row && toRun(row);
}

/** False when another has taken the run up, or it is gone. */
export async function renewLease(
  db: Executor,
  { id, attempt }: Pick<Run, "id" | "attempt">,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db.update(syncRuns).set({ leaseUntil: leaseEnd(leaseMs) })
    .where(isHeld(id, attempt)).returning({ id: syncRuns.id });
  return rows.length > 0;
}

/** Keeps the run's row to the transaction; false when it is no longer this attempt's. */
export async function lockRun(
  tx: Executor,
  { id, attempt }: Pick<Run, "id" | "attempt">,
): Promise<boolean> {
  const rows = await tx.select({ id: syncRuns.id }).from(syncRuns)
    .where(isHeld(id, attempt)).for("no key update");
  return rows.length > 0;
}

export type RunChange = Partial<typeof syncRuns.$inferInsert>;

/** Changes a locked run. */
export async function changeRun(tx: Executor, id: RunId, change: RunChange): Promise<Run> {
  const [row] = await tx.update(syncRuns).set(change).where(eq(syncRuns.id, id)).returning();
  if (row === undefined) throw new Error(`Run "${id}" is gone`);
  return toRun(row);
}

/** Unfinished runs that are due and that nobody is at work on: their job may have been lost. */
export async function listStrandedRuns(
  db: Executor,
  now: Date,
  limit: number,
): Promise<Pick<Run, "id" | "pluginId">[]> {
  const rows = await db.select({ id: syncRuns.id, pluginId: syncRuns.pluginId }).from(syncRuns)
    .where(and(
      isUnfinished,
      lt(syncRuns.createdAt, now),
      or(isNull(syncRuns.leaseUntil), lt(syncRuns.leaseUntil, sql`now()`)),
      or(isNull(syncRuns.resumeAt), lte(syncRuns.resumeAt, now)),
    ))
    .orderBy(syncRuns.createdAt).limit(limit);
  return rows.map(({ id, pluginId }) => ({ id, pluginId: PluginId.parse(pluginId) }));
}

/** Forgets runs that ended long ago. */
export async function deleteOldRuns(db: Executor, before: Date): Promise<void> {
  await db.delete(syncRuns).where(lt(syncRuns.finishedAt, before));
}

function isHeld(id: RunId, attempt: number): SQL | undefined {
  return and(eq(syncRuns.id, id), eq(syncRuns.attempt, attempt), eq(syncRuns.state, "running"));
}

function leaseEnd(leaseMs: number): SQL {
  return sql`now() + ${leaseMs} * interval '1 millisecond'`;
}

function toRun(row: RunRow): Run {
  return {
    ...row,
    connectionId: row.connectionId as ConnectionId,
    pluginId: PluginId.parse(row.pluginId),
    userId: UserId.parse(row.userId),
    notes: z.array(SyncNote).parse(row.notes),
  };
}
