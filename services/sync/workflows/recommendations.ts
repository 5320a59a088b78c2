/** What the reader's plugins recommend, merged from their cached lists. */
import {
  type CallContext,
  type Connection,
  type DismissReason,
  type ExternalMatch,
  type PluginSummary,
  type Recommendation,
  type RecommendationList,
  type RecommendationSource,
  RpcErrorCode,
  type SeriesId,
  type Subject,
  type TaskId,
} from "@codex/protocol";
import { describeError, ProblemError } from "@codex/service";
import type { z } from "zod";
import {
  type Dismissal,
  findLists,
  listDismissed,
  noteNotTold,
  noteTold,
  type RecommendationListRow,
  saveDismissals,
} from "../db/recommendation_queries.ts";
import { findUnfinishedRun, listUnfinishedRuns } from "../db/run_queries.ts";
import type { SyncDeps } from "../deps.ts";
import {
  type Merged,
  mergeRecommendations,
  type SourceList,
} from "../domain/merge_recommendations.ts";
import { refOf } from "./connections.ts";
import { taskIdOf } from "./run_views.ts";
import { beginRun } from "./start_run.ts";

type SubjectContext = CallContext & { readonly subject: Subject };

interface Recommender {
  readonly connection: Connection;
  readonly plugin: PluginSummary;
}

/** Ids that library is asked about at a time. */
const HELD_IDS_MAX = 5000;

export async function listRecommendations(
  deps: SyncDeps,
  context: SubjectContext,
): Promise<RecommendationList> {
  const recommenders = await recommendersOf(deps, context);
  const { userId } = context.subject;
  const [lists, dismissed, running] = await Promise.all([
    findLists(deps.db, userId),
    listDismissed(deps.db, userId),
    listUnfinishedRuns(deps.db, userId, "recommendations"),
  ]);
  const merged = mergeRecommendations(toSources(recommenders, lists, dismissed));
  const tasks = new Map(running.map((run) => [run.connectionId, taskIdOf(run.id)]));
  const recommendations = await flagHeld(deps, context, merged);
  return {
    recommendations,
    sources: recommenders.filter(({ connection }) => connection.enabled)
      .map(({ connection, plugin }) =>
        describeSource(plugin, lists.get(connection.id), tasks.get(connection.id), deps.now())
      ),
  };
}

/** Connections whose plugins recommend. */
async function recommendersOf(
  { auth, pluginHost }: SyncDeps,
  context: CallContext,
): Promise<Recommender[]> {
  const [{ connections }, plugins] = await Promise.all([
    auth.listConnections(context),
    pluginHost.listPlugins(context),
  ]);
  return connections.flatMap((connection) => {
    const plugin = plugins.find((one) => one.id === connection.pluginId);
    const recommends = plugin?.manifest?.capabilities.userRecommendationProvider ?? false;
    return plugin !== undefined && recommends ? [{ connection, plugin }] : [];
  });
}

/** A connection that is off recommends nothing; what was dismissed at it stays so. */
function toSources(
  recommenders: readonly Recommender[],
  lists: ReadonlyMap<string, RecommendationListRow>,
  dismissed: ReadonlyMap<string, ReadonlySet<string>>,
): SourceList<PluginSummary>[] {
  return recommenders.map(({ connection, plugin }) => ({
    connectionId: connection.id,
    externalIdSource: plugin.manifest?.capabilities.externalIdSource,
    source: plugin,
    items: connection.enabled ? lists.get(connection.id)?.items ?? [] : [],
    dismissed: dismissed.get(connection.id) ?? new Set(),
  }));
}

function describeSource(
  { id, name, displayName }: PluginSummary,
  list: RecommendationListRow | undefined,
  runningTaskId: TaskId | undefined,
  now: number,
): z.infer<typeof RecommendationSource> {
  const { generatedAt, error, items = [] } = list ?? {};
  return {
    pluginId: id,
    pluginName: name,
    pluginDisplayName: displayName,
    ...(generatedAt !== undefined && {
      generatedAt: generatedAt.toISOString(),
      ageSeconds: Math.max(0, Math.floor((now - generatedAt.getTime()) / 1000)),
    }),
    count: items.length,
    ...(error !== undefined && { error }),
    ...(runningTaskId !== undefined && { runningTaskId }),
  };
}

/** Flags what the libraries hold by now, whatever the plugin knew when it made its list. */
async function flagHeld(
  deps: SyncDeps,
  context: CallContext,
  merged: readonly Merged<PluginSummary>[],
): Promise<RecommendationList["recommendations"]> {
  const held = await findHeld(deps, context, merged);
  return merged.map(({ item, by }) => {
    const seriesId = item.codexSeriesId ??
      by.map(({ externalIdSource, item: own }) => held.get(heldKey(externalIdSource, own)))
        .find((id) => id !== undefined);
    return {
      ...item,
      inLibrary: item.inLibrary || seriesId !== undefined,
      ...(seriesId !== undefined && { codexSeriesId: seriesId }),
      sources: by.map(({ source, item: { externalId } }) => ({
        pluginId: source.id,
        pluginName: source.name,
        externalId,
      })),
    };
  });
}

/** By source and id. Without library the plugins' own word counts. */
async function findHeld(
  { library, logger }: SyncDeps,
  context: CallContext,
  merged: readonly Merged<PluginSummary>[],
): Promise<Map<string, SeriesId>> {
  const members = merged.flatMap(({ by }) => by);
  const bySource = Map.groupBy(members, ({ externalIdSource }) => externalIdSource);
  const held = new Map<string, SeriesId>();
  for (const [externalIdSource, items] of bySource) {
    if (externalIdSource === undefined) continue;
    const externalIds = items.map(({ item }) => item.externalId).slice(0, HELD_IDS_MAX);
    try {
      const request = { externalIdSource, externalIds, libraryIds: [] };
      for (const match of await library.findHeldIds(context, request)) {
        held.set(heldKey(externalIdSource, match), match.seriesId);
      }
    } catch (error) {
      logger.warn("What the libraries hold could not be looked up", describeError(error));
    }
  }
  return held;
}

function heldKey(
  source: string | undefined,
  { externalId }: Pick<Recommendation | ExternalMatch, "externalId">,
): string {
  return `${source}\n${externalId}`;
}

/** Begins a refresh for each plugin that can; one that goes on is told with the others. */
export async function refreshRecommendations(
  deps: SyncDeps,
  context: SubjectContext,
): Promise<{ taskIds: TaskId[]; message: string }> {
  const taskIds: TaskId[] = [];
  for (const { connection, plugin } of await recommendersOf(deps, context)) {
    if (!connection.enabled || connection.status !== "connected" || !plugin.usable) continue;
    const wish = { kind: "recommendations", startedBy: "user" } as const;
    const begun = await beginRun(deps, refOf(connection), wish);
    const runId = begun.kind === "begun"
      ? begun.runId
      : (await findUnfinishedRun(deps.db, connection.id, "recommendations"))?.id;
    if (runId !== undefined) taskIds.push(taskIdOf(runId));
  }
  const message = taskIds.length === 0
    ? "No plugin of yours that recommends is connected"
    : `Refreshing the recommendations of ${taskIds.length} plugins`;
  return { taskIds, message };
}

/**
 * Takes a recommendation out of the list for good, at every plugin that makes it, and tells them.
 *
 * @throws ProblemError `not_found` for what nobody recommends and nobody dismissed
 */
export async function dismissRecommendation(
  deps: SyncDeps,
  context: SubjectContext,
  externalId: string,
  reason: z.infer<typeof DismissReason> | undefined,
): Promise<void> {
  const { userId } = context.subject;
  const [recommenders, lists, dismissed] = await Promise.all([
    recommendersOf(deps, context),
    findLists(deps.db, userId),
    listDismissed(deps.db, userId),
  ]);
  const merged = mergeRecommendations(toSources(recommenders, lists, dismissed));
  const meant = merged.filter(({ by }) => by.some(({ item }) => item.externalId === externalId));
  if (meant.length === 0) {
    if ([...dismissed.values()].some((ids) => ids.has(externalId))) return;
    throw new ProblemError("not_found", "Nobody recommends this");
  }
  const gone: Dismissal[] = meant.flatMap(({ by }) =>
    by.map(({ connectionId, item }) => ({ connectionId, externalId: item.externalId }))
  );
  await saveDismissals(deps.db, userId, gone, reason ?? null, new Date(deps.now()));
  for (const { connection } of recommenders) {
    const ids = gone.filter((it) => it.connectionId === connection.id).map((it) => it.externalId);
    if (ids.length > 0) await tellDismissals(deps, context, connection, ids, reason);
  }
}

/** The reader does not wait longer for a plugin to take note. */
const TELL_TIMEOUT_MS = 5000;

/** Tells a plugin what was dismissed; what it can't be told now it is told later. */
export async function tellDismissals(
  { auth, pluginHost, db, logger }: SyncDeps,
  context: CallContext,
  { id, pluginId }: Pick<Connection, "id" | "pluginId">,
  externalIds: readonly string[],
  reason: z.infer<typeof DismissReason> | undefined,
): Promise<void> {
  const timed = { ...context, signal: AbortSignal.timeout(TELL_TIMEOUT_MS) };
  try {
    const { ticket, connection } = await auth.issueTicket(timed, pluginId);
    if (connection.id !== id) return;
    for (const externalId of externalIds) {
      const params = { externalId, ...(reason !== undefined && { reason }) };
      const call = { method: "recommendations/dismiss", params, ticket };
      const answer = await pluginHost.callPlugin(timed, pluginId, call);
      const isLater = !answer.ok && LATER.has(answer.error.code);
      await (isLater ? noteNotTold(db, id, [externalId]) : noteTold(db, id, [externalId]));
    }
  } catch (error) {
    logger.info("A plugin could not be told of a dismissal", describeError(error));
    await noteNotTold(db, id, externalIds);
  }
}

/** Refusals that time mends; a plugin that doesn't want to know is not asked again. */
const LATER: ReadonlySet<number> = new Set([
  RpcErrorCode.rateLimited,
  RpcErrorCode.authFailed,
  RpcErrorCode.externalApi,
  RpcErrorCode.internal,
]);
