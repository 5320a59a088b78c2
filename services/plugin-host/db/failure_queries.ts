import { and, count, desc, eq, gte, sql } from "drizzle-orm";
import type { PluginFailure, PluginId } from "@codex/protocol";
import type { Executor } from "./plugin_queries.ts";
import * as schema from "./schema.ts";

const { pluginFailures, plugins } = schema;

/** Failures kept of each plugin; older ones make room. */
const FAILURES_KEPT_MAX = 1000;

export interface NewFailure {
  readonly pluginId: PluginId;
  readonly occurredAt: Date;
  readonly method: string | undefined;
  readonly errorCode: string | undefined;
  readonly errorMessage: string;
  readonly requestSummary: string | undefined;
  /** Whether it counts against the plugin's health. */
  readonly counts: boolean;
}

/** Records a failure and what it does to the plugin's health. */
export async function recordFailure(db: Executor, failure: NewFailure): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.insert(pluginFailures).values(failure);
    await tx.update(plugins)
      .set(
        failure.counts
          ? {
            failureCount: sql`${plugins.failureCount} + 1`,
            lastFailureAt: failure.occurredAt,
          }
          : { lastExternalFailureAt: failure.occurredAt },
      )
      .where(eq(plugins.id, failure.pluginId));
    await tx.delete(pluginFailures).where(
      sql`${pluginFailures.id} in (
        select id from ${pluginFailures} where ${pluginFailures.pluginId} = ${failure.pluginId}
        order by ${pluginFailures.occurredAt} desc offset ${FAILURES_KEPT_MAX})`,
    );
  });
}

/** A call succeeded: the row of faults ends. */
export async function recordSuccess(db: Executor, id: PluginId, at: Date): Promise<void> {
  await db.update(plugins).set({ lastSuccessAt: at, failureCount: 0 }).where(eq(plugins.id, id));
}

export async function listFailures(
  db: Executor,
  id: PluginId,
  page: { limit: number; offset: number },
): Promise<{ failures: PluginFailure[]; total: number }> {
  const ofPlugin = eq(pluginFailures.pluginId, id);
  const [rows, totals] = await Promise.all([
    db.select().from(pluginFailures).where(ofPlugin)
      .orderBy(desc(pluginFailures.occurredAt), desc(pluginFailures.id))
      .limit(page.limit).offset(page.offset),
    db.select({ total: count() }).from(pluginFailures).where(ofPlugin),
  ]);
  const failures = rows.map((row) => ({
    id: row.id,
    occurredAt: row.occurredAt.toISOString(),
    errorMessage: row.errorMessage,
    ...(row.method !== null && { method: row.method }),
    ...(row.errorCode !== null && { errorCode: row.errorCode }),
    ...(row.requestSummary !== null && { requestSummary: row.requestSummary }),
  }));
  return { failures, total: totals[0]?.total ?? 0 };
}

/** Failures that count, since `since`. */
export async function countFailuresSince(
  db: Executor,
  id: PluginId,
  since: Date,
): Promise<number> {
  const [row] = await db.select({ total: count() }).from(pluginFailures).where(
    and(
      eq(pluginFailures.pluginId, id),
      eq(pluginFailures.counts, true),
      gte(pluginFailures.occurredAt, since),
    ),
  );
  return row?.total ?? 0;
}

export async function forgetFailures(db: Executor, id: PluginId): Promise<void> {
  await db.delete(pluginFailures).where(eq(pluginFailures.pluginId, id));
}
