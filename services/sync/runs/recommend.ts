/** The one step of a refresh: the reader's library to the plugin, its list into the cache. */
import {
  type JsonObject,
  JsonObject as JsonObjectSchema,
  Recommendation,
  recommendationMethods,
} from "@codex/protocol";
import { listDismissedIds, saveList } from "../db/recommendation_queries.ts";
import { shareEntry } from "../domain/shared_entry.ts";
import { isStorable, storableText } from "../domain/storable_text.ts";
import type { RunContext } from "./run_context.ts";
import { RunStop } from "./run_stop.ts";

/** The best of a huge library say enough, and a call stays within a megabyte or two. */
const LIBRARY_ENTRIES_MAX = 1000;
const WANTED = 100;
const KEPT_MAX = 200;
const EXCLUDED_MAX = 1000;
const SUMMARY_CHARS_MAX = 5000;
const METHOD = "recommendations/get";

export async function recommend(context: RunContext): Promise<void> {
  const { deps, held, owner, session, call } = context;
  const { plugin, manifest } = session;
  if (!manifest.capabilities.userRecommendationProvider) {
    throw new RunStop({ kind: "fail", reason: "The plugin does not recommend anything" });
  }
  const rules = {
    mayHaveMetadata: manifest.capabilities.wantsFullMetadata && plugin.sendFullMetadata,
    mayHaveGenresAndTags: plugin.sendGenresAndTags,
    withRatings: session.settings.syncRatings,
  };
  const { libraryIds } = plugin;
  const entries = await deps.library.listLibraryEntries(call, {
    libraryIds,
    limit: LIBRARY_ENTRIES_MAX,
  });
  const excludeIds = await listDismissedIds(deps.db, owner.connectionId, EXCLUDED_MAX);
  const library = entries.map((entry) => shareEntry(entry, rules));
  const answer = recommendationMethods[METHOD].answer.parse(
    await session.call(METHOD, toJson({ library, limit: WANTED, excludeIds })),
  );
  const known = new Set(entries.map((entry) => entry.seriesId));
  const items = keep(answer.recommendations, known);
  const now = deps.now();
  const generatedAt = Math.min(now, Date.parse(answer.generatedAt ?? "") || now);
  await held.advance(async (tx) => {
    const { pluginId } = held.run;
    await saveList(tx, { ...owner, pluginId }, items, new Date(generatedAt));
    return { change: { pulled: items.length }, result: undefined };
  });
}

/** One of each id, as PostgreSQL can keep it; a series that the plugin made up is none. */
function keep(items: readonly Recommendation[], known: ReadonlySet<string>): Recommendation[] {
  const byId = new Map<string, Recommendation>();
  for (const item of items) {
    const { codexSeriesId, ...rest } = item;
    if (!isStorable(item.externalId) || byId.has(item.externalId)) continue;
    const isKnown = codexSeriesId !== undefined && known.has(codexSeriesId);
    byId.set(item.externalId, { ...rest, ...(isKnown && { codexSeriesId }) });
    if (byId.size === KEPT_MAX) break;
  }
  const text = JSON.stringify(
    [...byId.values()],
    (_, value) => typeof value === "string" ? storableText(value, SUMMARY_CHARS_MAX) : value,
  );
  return Recommendation.array().parse(JSON.parse(text));
}

function toJson(params: object): JsonObject {
  return JsonObjectSchema.parse(JSON.parse(JSON.stringify(params)));
}
