/** The third step: the reader's own progress against what the service has acknowledged. */
import type { EngagedEntry, SyncEntry, SyncNote } from "@codex/protocol";
import { findStates, saveAcknowledged } from "../db/entry_queries.ts";
import { listMatches } from "../db/match_queries.ts";
import {
  countDue,
  deleteOutbox,
  deleteUnbuilt,
  findOutbox,
  saveOutbox,
} from "../db/outbox_queries.ts";
import { widest } from "../domain/extent.ts";
import { buildEntry, type BuildOptions, type LocalEntry } from "../domain/local_entry.ts";
import { decide, type Decision } from "../domain/merge.ts";
import { addNotes } from "../domain/run_notes.ts";
import { type RunContext, scopeOf } from "./run_context.ts";

/** Entries that are compared and written at a time. */
const CHUNK_ENTRIES = 500;

export async function build(context: RunContext): Promise<void> {
  const { deps, held, owner, session, call } = context;
  const { capabilities } = session.manifest;
  const options: BuildOptions = {
    settings: session.settings,
    config: session.config,
    wantsDetailedProgress: capabilities.wantsDetailedProgress,
    mayHaveMetadata: capabilities.wantsFullMetadata && session.plugin.sendFullMetadata,
    now: deps.now(),
  };
  // Begun again after a stop, it counts again.
  await held.change({ unchanged: 0 });
  const matches = await listMatches(deps.db, owner.connectionId);
  const engaged = deps.library.streamEngagement(call, {
    ...scopeOf(context, matches),
    withUnidentified: options.settings.searchFallback,
    withBooks: options.wantsDetailedProgress,
    withMetadata: options.mayHaveMetadata,
  });
  for await (const chunk of chunksOf(engaged, CHUNK_ENTRIES)) {
    held.throwIfOver();
    const local = chunk.flatMap((entry) => buildEntry(entry, options) ?? []);
    if (local.length > 0) await keepChunk(context, local);
  }
  await held.advance(async (tx) => {
    const { id, dryRun } = held.run;
    if (dryRun) return { change: { phase: "push" }, result: undefined };
    await deleteUnbuilt(tx, owner.connectionId, id);
    const pushTotal = await countDue(tx, owner.connectionId, new Date(deps.now()));
    return { change: { phase: "push", pushTotal }, result: undefined };
  });
}

async function* chunksOf(
  entries: AsyncIterable<EngagedEntry>,
  size: number,
): AsyncGenerator<EngagedEntry[]> {
  let chunk: EngagedEntry[] = [];
  for await (const entry of entries) {
    chunk.push(entry);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

interface Decided {
  readonly local: LocalEntry;
  readonly decision: Decision;
}

async function keepChunk(context: RunContext, entries: readonly LocalEntry[]): Promise<void> {
  const { deps, held, owner } = context;
  const keys = entries.map(({ key }) => key);
  const [states, outbox] = await Promise.all([
    findStates(deps.db, owner.connectionId, keys),
    findOutbox(deps.db, owner.connectionId, keys),
  ]);
  const decided: Decided[] = entries.map((local) => {
    const { remote, acknowledgedHash: hash, acknowledged: extent } = states.get(local.key) ?? {};
    const known = context.dryRemotes.get(local.entry.externalId) ?? remote;
    const decision = decide(local, known, hash === undefined ? undefined : { hash, extent });
    return { local, decision };
  });
  const toSend = decided.flatMap(({ local, decision }) =>
    decision.kind === "send" ? [{ ...local, entry: decision.entry }] : []
  );
  const unchanged = held.run.unchanged + decided.length - toSend.length;
  if (held.run.dryRun) return await noteDry(context, toSend, unchanged);

  const known = decided.filter(({ decision }) => decision.kind === "known");
  const dropped = decided.filter(({ local, decision }) =>
    decision.kind !== "send" && outbox.has(local.key)
  );
  const nothingToWrite = toSend.length + known.length + dropped.length === 0;
  if (nothingToWrite) return await held.change({ unchanged });
  const at = new Date(deps.now());
  await held.advance(async (tx) => {
    await saveOutbox(tx, owner, held.run.id, toSend, at);
    await deleteOutbox(tx, owner.connectionId, dropped.map(({ local }) => local.key));
    const acknowledged = known.map(({ local: { key, hash, extent } }) => ({
      key,
      hash,
      extent: widest(extent, states.get(key)?.acknowledged) ?? extent,
    }));
    await saveAcknowledged(tx, owner, acknowledged, at);
    return { change: { unchanged }, result: undefined };
  });
}

/** A dry run counts as pushed what it would push. */
async function noteDry(
  { held }: RunContext,
  toSend: readonly { readonly entry: SyncEntry }[],
  unchanged: number,
): Promise<void> {
  const { run } = held;
  const more = toSend.map(({ entry }): SyncNote => ({
    externalId: entry.externalId,
    detail: `"${entry.title ?? entry.externalId}" would be pushed as ${entry.status}` +
      ` with ${entry.progress?.volumes ?? 0} books read`,
  }));
  const { notes, truncated } = addNotes({ notes: run.notes, truncated: run.notesTruncated }, more);
  const pushed = run.pushed + toSend.length;
  await held.change({ unchanged, pushed, notes, notesTruncated: truncated });
}
