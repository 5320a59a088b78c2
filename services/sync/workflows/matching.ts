/** Entries of the service that the reader ties to their series by hand. */
import type { CallContext, PluginId, SeriesId } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { findStates, setMatched } from "../db/entry_queries.ts";
import { deleteMatches, saveMatches } from "../db/match_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { keyOfId } from "../domain/entry_key.ts";
import { newsOf } from "../domain/remote_entry.ts";
import { syncSettingsOf } from "@codex/protocol";
import { connectionTo, refOf, writeFor } from "./connections.ts";

/**
 * Ties an entry to a series, and lays what is known of it over the reader's progress at once.
 *
 * @returns whether that changed something
 * @throws ProblemError `not_found` without connection or series, `unprocessable` for a series outside
 * the plugin's libraries
 */
export async function matchEntry(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  externalId: string,
  seriesId: SeriesId,
): Promise<boolean> {
  const connection = await connectionTo(deps, context, pluginId);
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  const series = await deps.library.getSeriesName(context, seriesId);
  if (plugin.libraryIds.length > 0 && !plugin.libraryIds.includes(series.libraryId)) {
    throw new ProblemError(
      "unprocessable",
      `"${series.title}" is in none of the plugin's libraries`,
    );
  }
  const ref = refOf(connection);
  const key = keyOfId(externalId);
  const match = { externalId, seriesId };
  await writeFor(deps, context, connection, async (tx) => {
    await deleteMatches(tx, ref.connectionId, externalId);
    await saveMatches(tx, ref, [match], "reader", new Date(deps.now()));
    await setMatched(tx, ref.connectionId, [key], true);
  });
  const state = (await findStates(deps.db, ref.connectionId, [key])).get(key);
  const { direction, syncRatings } = syncSettingsOf(connection.config);
  if (state?.remote === undefined || direction === "push") return false;
  const [applied] = await deps.library.applyProgress(context, {
    externalIdSource: null,
    libraryIds: plugin.libraryIds,
    matches: [match],
    entries: [newsOf(state.remote, state.acknowledged, { withRating: syncRatings })],
    dryRun: false,
  });
  return applied !== undefined && (applied.booksMarked > 0 || applied.ratingsSet > 0);
}

/** Takes a match back; the next run finds out whether something else fits. */
export async function unmatchEntry(
  deps: SyncDeps,
  context: CallContext,
  pluginId: PluginId,
  externalId: string,
): Promise<void> {
  const { id } = await connectionTo(deps, context, pluginId);
  await deps.db.transaction(async (tx) => {
    await deleteMatches(tx, id, externalId);
    await setMatched(tx, id, [keyOfId(externalId)], false);
  });
}
