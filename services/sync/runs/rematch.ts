/** The second step: entries that belonged to no series when they were pulled may have one by now. */
import { listUnmatched, setMatched } from "../db/entry_queries.ts";
import { findMatches } from "../db/match_queries.ts";
import { keyOfId } from "../domain/entry_key.ts";
import { newsOf } from "../domain/remote_entry.ts";
import { changesSomething } from "./pull.ts";
import { type RunContext, scopeOf } from "./run_context.ts";

const PAGE_ENTRIES = 500;

export async function rematch(context: RunContext): Promise<void> {
  const { deps, held, owner, session, call } = context;
  const { dryRun } = held.run;
  let after = "";
  while (true) {
    held.throwIfOver();
    const states = await listUnmatched(deps.db, owner.connectionId, after, PAGE_ENTRIES);
    const last = states.at(-1);
    if (last === undefined) break;
    after = last.key;
    const matches = await findMatches(
      deps.db,
      owner.connectionId,
      states.map(({ remote }) => remote.externalId),
    );
    const entries = states.map(({ remote, acknowledged }) =>
      newsOf(remote, acknowledged, { withRating: session.settings.syncRatings })
    );
    const request = { ...scopeOf(context, matches), entries, dryRun };
    const results = (await deps.library.applyProgress(call, request))
      .filter(({ series }) => series > 0);
    await held.advance(async (tx) => {
      const keys = results.map(({ externalId }) => keyOfId(externalId));
      if (!dryRun) await setMatched(tx, owner.connectionId, keys, true);
      const change = {
        matched: held.run.matched + results.length,
        applied: held.run.applied + results.filter(changesSomething).length,
      };
      return { change, result: undefined };
    });
  }
  await held.change({ phase: "build" });
}
