/** The one step of a refresh: the reader's library to the plugin, its list into the cache. */
import {
  type JsonObject,
  JsonObject as JsonObjectSchema,
  readWire,
  recommendationMethods,
  tellIssue,
} from "@codex/protocol";
import { listDismissedIds, saveList } from "../db/recommendation_queries.ts";
import { shareEntry } from "../domain/shared_entry.ts";
import { keepRecommendations } from "../domain/kept_recommendations.ts";
import { addNotes } from "../domain/run_notes.ts";
import type { RunContext } from "./run_context.ts";
import { RunStop } from "./run_stop.ts";

/** The best of a huge library say enough, and a call stays within a megabyte or two. */
const LIBRARY_ENTRIES_MAX = 1000;
const WANTED = 100;
const EXCLUDED_MAX = 1000;
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
  const { answer, leftOut } = await ask(session, { library, limit: WANTED, excludeIds });
  const known = new Set(entries.map((entry) => entry.seriesId));
  const { items, notes: more } = keepRecommendations(answer.recommendations, known);
  const { notes, truncated } = addNotes(
    { notes: held.run.notes, truncated: held.run.notesTruncated },
    [...leftOut, ...more],
  );
  const now = deps.now();
  const generatedAt = Math.min(now, Date.parse(answer.generatedAt ?? "") || now);
  await held.advance(async (tx) => {
    const { pluginId } = held.run;
    await saveList(tx, { ...owner, pluginId }, items, new Date(generatedAt));
    return {
      change: { pulled: items.length, notes, notesTruncated: truncated },
      result: undefined,
    };
  });
}

async function ask(session: RunContext["session"], params: object) {
  const { result, ignored } = await session.ask(METHOD, toJson(params));
  const read = readWire(recommendationMethods[METHOD].answer, result, "parts");
  if (!read.ok) {
    const reason = read.issues.slice(0, 3).map(tellIssue).join("; ");
    throw new RunStop({
      kind: "fail",
      reason: `The plugin's answer is not of its shape: ${reason}`,
    });
  }
  const leftOut = [...ignored, ...read.ignored].map(({ pointer, reason }) => ({
    detail: `A value of the plugin's answer was left out: ${pointer}: ${reason}`,
  }));
  return { answer: read.value, leftOut };
}

function toJson(params: object): JsonObject {
  return JsonObjectSchema.parse(JSON.parse(JSON.stringify(params)));
}
