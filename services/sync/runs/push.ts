/** The last step: the outbox, batch by batch; each batch's results are kept before the next is sent. */
import {
  type ExternalMatch,
  type Json,
  type ProblemCode,
  RpcErrorCode,
  type SeriesId,
  type SyncNote,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { findStates, saveAcknowledged } from "../db/entry_queries.ts";
import { saveMatches } from "../db/match_queries.ts";
import { deleteOutbox, listDue, type OutboxRow, saveFailures } from "../db/outbox_queries.ts";
import { nextBatchSize, smallerBatchSize } from "../domain/batch_size.ts";
import { keyOfId } from "../domain/entry_key.ts";
import { widest } from "../domain/extent.ts";
import { raiseRemote } from "../domain/merge.ts";
import { type EntryResult, readPushAnswer } from "../domain/push_results.ts";
import { nextEntryAttempt } from "../domain/retry_schedule.ts";
import { addNotes } from "../domain/run_notes.ts";
import type { RunContext } from "./run_context.ts";
import { pauseFor, PluginRefusal, RunStop } from "./run_stop.ts";

/** Entries that fail alone, one after the other: then it is the plugin that is out of order. */
const LONE_FAILURES_MAX = 3;

export async function push(context: RunContext): Promise<void> {
  const { deps, held, owner } = context;
  let loneFailures = 0;
  while (true) {
    held.throwIfOver();
    const now = new Date(deps.now());
    const batch = await listDue(deps.db, owner.connectionId, now, held.run.batchSize);
    if (batch.length === 0) return;
    const answer = await send(context, batch);
    if (answer.ok) {
      loneFailures = 0;
      await keepAnswer(context, batch, answer.raw, answer.elapsedMs);
      continue;
    }
    const [entry] = batch;
    if (batch.length > 1 || entry === undefined) {
      await held.change({ batchSize: smallerBatchSize(batch.length) });
      continue;
    }
    loneFailures++;
    await keepFailures(context, [{ row: entry, reason: answer.reason }]);
    if (loneFailures >= LONE_FAILURES_MAX) {
      throw new RunStop({
        kind: "fail",
        reason: `The plugin fails at every entry: ${answer.reason}`,
      });
    }
  }
}

type Sent =
  | { readonly ok: true; readonly raw: Json; readonly elapsedMs: number }
  /** The call failed, and something in the batch may be why. */
  | { readonly ok: false; readonly reason: string };

async function send(
  { session }: RunContext,
  batch: readonly OutboxRow[],
): Promise<Sent> {
  const startedAt = performance.now();
  try {
    const entries = batch.map(({ raw }) => raw);
    const raw = await session.call("sync/pushProgress", { entries });
    return { ok: true, raw, elapsedMs: performance.now() - startedAt };
  } catch (error) {
    if (isBatchFault(error)) return { ok: false, reason: error.message };
    throw error;
  }
}

const BATCH_PROBLEMS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "plugin_crashed",
  "plugin_failed",
  "deadline_exceeded",
  "payload_too_large",
]);
const BATCH_REFUSALS: ReadonlySet<number> = new Set([
  RpcErrorCode.internal,
  RpcErrorCode.invalidParams,
  RpcErrorCode.notFound,
]);

function isBatchFault(error: unknown): error is Error {
  if (error instanceof ProblemError) return BATCH_PROBLEMS.has(error.code);
  return error instanceof PluginRefusal && BATCH_REFUSALS.has(error.error.code);
}

interface Failure {
  readonly row: OutboxRow;
  readonly reason: string;
}

interface Taken {
  readonly row: OutboxRow;
  readonly externalId: string;
}

async function keepAnswer(
  context: RunContext,
  batch: readonly OutboxRow[],
  raw: Json,
  elapsedMs: number,
): Promise<void> {
  const { held, session } = context;
  const { results, oddities } = readPushAnswer(batch.map(({ entry }) => entry), raw);
  const taken: Taken[] = [];
  const failures: Failure[] = [];
  let limit: Limited | undefined;
  let refusedSignIn: string | undefined;
  for (const [index, row] of batch.entries()) {
    const result = results[index];
    if (result?.kind === "taken") taken.push({ row, externalId: result.externalId });
    else if (result?.code === RpcErrorCode.rateLimited) limit = longer(limit, result);
    else if (result?.code === RpcErrorCode.authFailed) refusedSignIn = result.reason;
    else failures.push({ row, reason: result?.reason ?? "" });
  }
  const handled = taken.length + failures.length;
  const batchSize = nextBatchSize(held.run.batchSize, {
    sent: batch.length,
    handled: refusedSignIn === undefined ? handled : batch.length,
    elapsedMs,
    deadlineMs: session.deadlineMs,
  });
  await keepTaken(context, taken, failures, batchSize, oddities.map((detail) => ({ detail })));
  if (refusedSignIn !== undefined) throw await session.refuseCredentials(refusedSignIn);
  if (limit !== undefined) throw new RunStop(pauseFor(limit.seconds));
}

interface Limited {
  readonly seconds: number | undefined;
}

function longer(
  known: Limited | undefined,
  result: Extract<EntryResult, { kind: "refused" }>,
): Limited {
  const seconds = result.retryAfterSeconds;
  if (known?.seconds === undefined) return { seconds };
  return { seconds: Math.max(known.seconds, seconds ?? 0) };
}

async function keepFailures(context: RunContext, failures: readonly Failure[]): Promise<void> {
  await keepTaken(context, [], failures, context.held.run.batchSize, []);
}

/** One transaction for the results of one batch. */
async function keepTaken(
  { deps, held, owner }: RunContext,
  taken: readonly Taken[],
  failures: readonly Failure[],
  batchSize: number,
  more: readonly SyncNote[],
): Promise<void> {
  const at = new Date(deps.now());
  const { run } = held;
  const keys = taken.map(({ externalId }) => keyOfId(externalId));
  const nothingHappened = taken.length === 0 && failures.length === 0;
  const { notes, truncated } = addNotes({ notes: run.notes, truncated: run.notesTruncated }, [
    ...failures.map(({ row, reason }) => ({
      externalId: row.entry.externalId,
      detail: `"${row.entry.title ?? row.entry.externalId}" was not taken: ${reason}`,
    })),
    ...more,
  ]);
  const change = { batchSize, notes, notesTruncated: truncated };
  if (nothingHappened) return await held.change(change);
  await held.advance(async (tx) => {
    const states = await findStates(tx, owner.connectionId, keys);
    const acknowledged = taken.map(({ row, externalId }) => {
      const key = keyOfId(externalId);
      const state = states.get(key);
      return {
        key,
        hash: row.hash,
        extent: widest(row.extent, state?.acknowledged) ?? row.extent,
        remote: raiseRemote(state?.remote, { ...row.entry, externalId }),
      };
    });
    await saveAcknowledged(tx, owner, lastOfEach(acknowledged), at);
    await saveMatches(tx, owner, taken.flatMap(foundMatches), "search", at);
    await deleteOutbox(tx, owner.connectionId, taken.map(({ row }) => row.key));
    await saveFailures(
      tx,
      failures.map(({ row, reason }) => ({
        id: row.id,
        reason,
        nextAttemptAt: nextEntryAttempt(row.attempts + 1, at),
      })),
    );
    const pushed = run.pushed + taken.length;
    const failed = run.failed + failures.length;
    return { change: { ...change, pushed, failed }, result: undefined };
  });
}

/** An entry that was found by its title belongs to its series from now on. */
function foundMatches({ row, externalId }: Taken): ExternalMatch[] {
  if (row.entry.externalId !== "") return [];
  return row.seriesIds.map((seriesId) => ({ externalId, seriesId: seriesId as SeriesId }));
}

/** Two titles may have been found to be the same entry: a statement writes it once. */
function lastOfEach<Item extends { readonly key: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.key, item])).values()];
}
