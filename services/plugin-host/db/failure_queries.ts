import { and, count, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { PluginFailure, PluginId } from "@codex/protocol";
import type { FaultLimits, FaultTally } from "../domain/fault_limits.ts";
import type { Executor } from "./plugin_queries.ts";
import * as schema from "./schema.ts";

const { owedAudits, pluginFailures, plugins } = schema;

/** Failures kept of each plugin; older ones make room. */
const FAILURES_KEPT_MAX = 1000;

export interface NewFailure {
  readonly pluginId: PluginId;
  readonly method: string | undefined;
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly requestSummary: string | undefined;
}

const Struck = z.object({ enabled: z.boolean(), in_a_row: z.int(), in_window: z.int() });

/**
 * Records a plugin fault and counts it, in one statement: replicas that do so at once wait for each
 * other at the plugin's row, so none is lost. Time is the database's, which all replicas share.
 *
 * @returns the count with this fault; undefined for a plugin that is off or gone
 */
export async function recordFault(
  db: Executor,
  failure: NewFailure,
  limits: FaultLimits,
): Promise<FaultTally | undefined> {
  const rows = await db.execute(sql`
    with struck as (
      update ${plugins} as plugin set
        failure_count = plugin.failure_count + 1,
        last_failure_at = now(),
        fault_times = array(
          select fault.at from unnest(plugin.fault_times || now()) as fault (at)
          where fault.at > now() - make_interval(secs => ${limits.windowSeconds})
          order by fault.at desc limit ${limits.inWindow})
      where plugin.id = ${failure.pluginId}
      returning plugin.id, plugin.enabled, plugin.failure_count, plugin.fault_times
    ), ${listed(failure, true)}
    select enabled, failure_count as in_a_row, cardinality(fault_times) as in_window from struck`);
  const struck = rows[0] && Struck.parse(rows[0]);
  if (!struck?.enabled) return undefined;
  return { inARow: struck.in_a_row, inWindow: struck.in_window };
}

/**
 * Records a failure that doesn't count against the plugin.
 *
 * @param degrades whether it shows the plugin as degraded until its next success
 */
export async function recordOtherFailure(
  db: Executor,
  failure: NewFailure,
  degrades: boolean,
): Promise<void> {
  await db.execute(sql`
    with struck as (
      update ${plugins} as plugin set last_external_failure_at =
        case when ${degrades} then now() else plugin.last_external_failure_at end
      where plugin.id = ${failure.pluginId}
      returning plugin.id
    ), ${listed(failure, false)}
    select from struck`);
}

/** The failure's own row, and the end of what is too old to be kept. */
function listed({ pluginId, ...failure }: NewFailure, counts: boolean) {
  return sql`listed as (
      insert into ${pluginFailures}
        (plugin_id, occurred_at, method, error_code, error_message, request_summary, counts)
      select id, now(), ${failure.method ?? null}::text, ${failure.errorCode}::text,
        ${failure.errorMessage}::text, ${failure.requestSummary ?? null}::text, ${counts}::boolean
      from struck
    ), pruned as (
      delete from ${pluginFailures} where id in (
        select id from ${pluginFailures} where plugin_id = ${pluginId}
        order by occurred_at desc offset ${FAILURES_KEPT_MAX - 1})
    )`;
}

/**
 * Turns off a plugin that has reached a limit, and notes what auth's audit log is owed.
 *
 * @returns whether this call did it: of several replicas that try, one does
 */
export async function turnOffFaulty(
  db: Executor,
  id: PluginId,
  reason: string,
  limits: FaultLimits,
): Promise<boolean> {
  const rows = await db.execute(sql`
    with turned_off as (
      update ${plugins} set enabled = false, disabled_reason = ${reason}::text,
        revision = revision + 1, updated_at = now()
      where id = ${id} and enabled
        and (failure_count >= ${limits.inARow} or cardinality(fault_times) >= ${limits.inWindow})
      returning id, name
    ), owed as (
      insert into ${owedAudits} (action, target, detail)
      select 'plugin.disabled', id, jsonb_build_object('name', name, 'reason', ${reason}::text)
      from turned_off
    )
    select id from turned_off`);
  return rows.length > 0;
}

/**
 * A call succeeded.
 *
 * @param endsRow it ends the row of faults: a ping, which any process answers, does not
 */
export async function recordSuccess(db: Executor, id: PluginId, endsRow: boolean): Promise<void> {
  await db.update(plugins)
    .set({ lastSuccessAt: sql`now()`, ...(endsRow && { failureCount: 0 }) })
    .where(eq(plugins.id, id));
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

/** Plugin faults of the last seconds. */
export async function countRecentFaults(
  db: Executor,
  id: PluginId,
  seconds: number,
): Promise<number> {
  const [row] = await db.select({ total: count() }).from(pluginFailures).where(
    and(
      eq(pluginFailures.pluginId, id),
      eq(pluginFailures.counts, true),
      sql`${pluginFailures.occurredAt} > now() - make_interval(secs => ${seconds})`,
    ),
  );
  return row?.total ?? 0;
}

export async function forgetFailures(db: Executor, id: PluginId): Promise<void> {
  await db.delete(pluginFailures).where(eq(pluginFailures.pluginId, id));
}
