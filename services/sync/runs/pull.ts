/** The first step of a run: what the service tells, page by page, laid over the reader's progress. */
import {
  type AppliedProgress,
  type IgnoredValue,
  type Json,
  type JsonObject,
  type PluginCallAnswer,
  PullAnswer,
  RpcErrorCode,
  type SyncNote,
} from "@codex/protocol";
import { findConnectionSync, saveConnectionSync } from "../db/connection_queries.ts";
import { findStates, savePulled } from "../db/entry_queries.ts";
import { findMatches } from "../db/match_queries.ts";
import { findOutbox } from "../db/outbox_queries.ts";
import type { RunChange } from "../db/run_queries.ts";
import { keyOfId } from "../domain/entry_key.ts";
import { widest } from "../domain/extent.ts";
import { PageGuard } from "../domain/page_guard.ts";
import {
  combineById,
  combineRemote,
  newsOf,
  readRemoteEntry,
  type RemoteEntry,
} from "../domain/remote_entry.ts";
import { addNotes } from "../domain/run_notes.ts";
import { type RunContext, scopeOf } from "./run_context.ts";
import { PluginRefusal, RunStop } from "./run_stop.ts";

/** Entries that a page should hold; the plugin may give fewer, or more. */
const PAGE_ENTRIES = 500;

/** The service's clock and ours may differ: what changed shortly before the last pull is asked for again. */
const SINCE_OVERLAP_MS = 5 * 60_000;

/** A longer cursor is no cursor. */
const CURSOR_CHARS_MAX = 65_536;

export async function pull(context: RunContext): Promise<void> {
  const { deps, held } = context;
  if (held.run.pullStartedAt === null) {
    const pullStartedAt = new Date(deps.now());
    await held.change({ pullStartedAt });
  }
  const since = await sinceLastPull(context);
  const guard = new PageGuard(deps.pullLimits);
  while (held.run.phase === "pull") await pullPage(context, guard, since);
}

async function sinceLastPull({ deps, owner }: RunContext): Promise<string | undefined> {
  const { pulledAt } = await findConnectionSync(deps.db, owner.connectionId) ?? {};
  return pulledAt ? new Date(pulledAt.getTime() - SINCE_OVERLAP_MS).toISOString() : undefined;
}

async function pullPage(
  context: RunContext,
  guard: PageGuard,
  since: string | undefined,
): Promise<void> {
  const { held } = context;
  held.throwIfOver();
  const cursor = decodeCursor(held.run.cursor);
  const { result, ignored } = await askForPage(context, cursor, since);
  const answer = PullAnswer.parse(result);
  const page = readPage(answer.entries, ignored);
  const pages = held.run.pages + 1;
  const next = guard.next(cursor, answer, pages, held.run.pulled + page.entries.length);
  const then = next.kind === "page"
    ? { cursor: encodeCursor(next.cursor) }
    : { cursor: null, ...(next.kind === "end" && { phase: "rematch" as const }) };
  await applyPage(context, page, { pages, ...then });
  if (next.kind === "broken") throw new RunStop({ kind: "fail", reason: next.reason });
}

async function askForPage(
  { session, held }: RunContext,
  cursor: string | null,
  since: string | undefined,
): Promise<Extract<PluginCallAnswer, { ok: true }>> {
  const params: JsonObject = {
    limit: PAGE_ENTRIES,
    ...(since !== undefined && { since }),
    ...(cursor !== null && { cursor }),
  };
  try {
    return await session.ask("sync/pullProgress", params);
  } catch (error) {
    if (cursor === null || !isAboutCursor(error)) throw error;
    // A plugin that was started anew may not know its cursor any more: the list begins again.
    const counts = { pulled: 0, matched: 0, applied: 0, invalid: 0 };
    await held.change({ cursor: null, pages: 0, ...counts });
    throw new RunStop({ kind: "retry", reason: "The plugin lost its place in the list" });
  }
}

function isAboutCursor(error: unknown): boolean {
  return error instanceof PluginRefusal &&
    (error.error.code === RpcErrorCode.invalidParams || error.error.code === RpcErrorCode.notFound);
}

interface Page {
  /** One for each id. */
  readonly entries: readonly RemoteEntry[];
  /** Items that are not of their shape. */
  readonly skipped: number;
  /** What is said of these, and of values that were left out or cut. */
  readonly notes: readonly SyncNote[];
}

/** @param ignored values that were left out of the answer, such as numbers too large for any number */
function readPage(items: readonly Json[], ignored: readonly IgnoredValue[]): Page {
  const read = items.map(readRemoteEntry);
  const skipped = read.flatMap((it) =>
    it.ok ? [] : [{
      ...(it.externalId !== undefined && { externalId: it.externalId }),
      detail: `The plugin's entry is not of its shape and was skipped: ${it.reason}`,
    }]
  );
  const notKept = read.flatMap((it) =>
    it.ok
      ? it.notKept.map((detail) => ({
        externalId: it.entry.externalId,
        detail: `A value of the plugin's entry is too large: ${detail}`,
      }))
      : []
  );
  const leftOut = ignored.map((value) => ({
    detail: `A value of the plugin's answer was left out: ${value.pointer}: ${value.reason}`,
  }));
  return {
    entries: combineById(read.flatMap((it) => it.ok ? [it.entry] : [])),
    skipped: skipped.length,
    notes: [...skipped, ...notKept, ...leftOut],
  };
}

/** One transaction of library for the page, then one of ours that keeps it and goes on to the next. */
async function applyPage(context: RunContext, page: Page, then: RunChange): Promise<void> {
  const { deps, held, owner, session, call } = context;
  const { dryRun, pullStartedAt } = held.run;
  const ids = page.entries.map((entry) => entry.externalId);
  const keys = ids.map(keyOfId);
  const [states, outbox, matches] = await Promise.all([
    findStates(deps.db, owner.connectionId, keys),
    findOutbox(deps.db, owner.connectionId, keys),
    findMatches(deps.db, owner.connectionId, ids),
  ]);
  const withRating = session.settings.syncRatings;
  const news = page.entries.map((entry) => {
    const key = keyOfId(entry.externalId);
    const told = widest(states.get(key)?.acknowledged, outbox.get(key)?.extent);
    return newsOf(entry, told, { withRating });
  });
  const results = news.length === 0 ? [] : await deps.library.applyProgress(call, {
    ...scopeOf(context, matches),
    entries: news,
    dryRun,
  });

  const pulled = page.entries.map((entry, index) => {
    const state = states.get(keyOfId(entry.externalId));
    const isOfThisPull = state?.remoteSeenAt?.getTime() === pullStartedAt?.getTime();
    const remote = state?.remote !== undefined && isOfThisPull
      ? combineRemote(state.remote, entry)
      : entry;
    return { remote, matched: (results[index]?.series ?? 0) > 0 };
  });
  if (dryRun) {
    for (const { remote, matched } of pulled) {
      // Of the others nothing is built, and a list may be far longer than the library.
      if (matched) context.dryRemotes.set(remote.externalId, remote);
    }
  }

  await held.advance(async (tx) => {
    if (!dryRun) {
      await savePulled(tx, owner, pulled, pullStartedAt ?? new Date(deps.now()));
      if (then.phase === "rematch") {
        const { pluginId } = held.run;
        await saveConnectionSync(tx, { ...owner, pluginId }, { pulledAt: pullStartedAt });
      }
    }
    const notes = [...page.notes, ...(dryRun ? dryNotes(results, page.entries) : [])];
    return { change: { ...then, ...counted(held.run, page, results, notes) }, result: undefined };
  });
}

function counted(
  run: RunContext["held"]["run"],
  { entries, skipped }: Page,
  results: readonly AppliedProgress[],
  more: readonly SyncNote[],
): RunChange {
  const { notes, truncated } = addNotes(
    { notes: run.notes, truncated: run.notesTruncated },
    more,
  );
  return {
    pulled: run.pulled + entries.length,
    invalid: run.invalid + skipped,
    matched: run.matched + results.filter(({ series }) => series > 0).length,
    applied: run.applied + results.filter(changesSomething).length,
    notes,
    notesTruncated: truncated,
  };
}

export function changesSomething({ booksMarked, ratingsSet }: AppliedProgress): boolean {
  return booksMarked > 0 || ratingsSet > 0;
}

function dryNotes(
  results: readonly AppliedProgress[],
  entries: readonly RemoteEntry[],
): SyncNote[] {
  return results.filter(changesSomething).map(({ externalId, booksMarked, ratingsSet }) => {
    const name = entries.find((entry) => entry.externalId === externalId)?.title ?? externalId;
    return {
      externalId,
      detail: `"${name}" would have ${booksMarked} books marked as read` +
        (ratingsSet > 0 ? " and be rated" : ""),
    };
  });
}

/** As JSON, so that the column takes any text. */
function encodeCursor(cursor: string): string {
  if (cursor.length > CURSOR_CHARS_MAX) {
    throw new RunStop({ kind: "fail", reason: "The plugin's cursor is too long" });
  }
  return JSON.stringify(cursor);
}

function decodeCursor(stored: string | null): string | null {
  return stored === null ? null : String(JSON.parse(stored));
}
