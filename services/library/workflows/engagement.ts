/** What sync asks of a reader's progress: the stream of it, and what to add to it. */
import type {
  AppliedProgress,
  ApplyProgressRequest,
  EngagedEntry,
  EngagementRequest,
  SeriesId,
  UserId,
} from "@codex/protocol";
import type { Executor } from "../db/database.ts";
import { transact } from "../db/database.ts";
import { type EngagedCopy, listIdentified, listUnidentified } from "../db/engagement_queries.ts";
import * as pulled from "../db/pulled_progress_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { storableText } from "../domain/storable_text.ts";

/** External ids, or series without one, that are held at a time. */
const PAGE_ENTRIES = 1000;

/** A page of thousands of entries may wait for another of the same reader. */
const LOCK_TIMEOUT_MS = 30_000;

/**
 * A reader's engagement, page by page: first what external ids name, in the order of the ids, then the
 * rest where it is wanted. The database finds the next page while one is taken, and no more than that.
 */
export async function* streamEngagement(
  db: Executor,
  userId: UserId,
  request: EngagementRequest,
  pageEntries = PAGE_ENTRIES,
): AsyncGenerator<EngagedEntry[]> {
  const identifiedAfter = (after: string) =>
    listIdentified(db, userId, request, request, after, pageEntries);
  let copies = identifiedAfter("");
  while (true) {
    const page = groupCopies(await copies);
    const last = page.at(-1);
    if (last === undefined) break;
    copies = identifiedAfter(last.externalId);
    // Nobody waits for it any more where the reader of the stream has left.
    copies.catch(() => {});
    yield page;
  }
  if (!request.withUnidentified) return;
  let afterSeries: SeriesId | undefined;
  while (true) {
    const copies = await listUnidentified(
      db,
      userId,
      request,
      request,
      afterSeries,
      pageEntries,
    );
    const last = copies.at(-1);
    if (last === undefined) break;
    yield copies.map(({ engagement }) => ({ externalId: "", copies: [engagement] }));
    afterSeries = last.engagement.seriesId;
  }
}

/** Neighbours of one id are the copies of one entry. */
function groupCopies(copies: readonly EngagedCopy[]): EngagedEntry[] {
  const entries: EngagedEntry[] = [];
  for (const { externalId, engagement } of copies) {
    const last = entries.at(-1);
    if (last?.externalId === externalId) last.copies.push(engagement);
    else entries.push({ externalId, copies: [engagement] });
  }
  return entries;
}

/** Marks as read what another service says is read; says per entry what that came to. */
export async function applyProgress(
  { db, now }: Pick<LibraryDeps, "db" | "now">,
  userId: UserId,
  request: ApplyProgressRequest,
): Promise<AppliedProgress[]> {
  const { dryRun, ...scope } = request;
  const entries = request.entries.map((entry) => ({
    ...entry,
    ...(entry.notes !== undefined && { notes: storableText(entry.notes) }),
  }));
  const page: pulled.PulledPage = { userId, scope, entries, at: new Date(now()) };
  return await transact(db, async (tx) => {
    await pulled.lockReader(tx, userId);
    const matched = await pulled.countMatched(tx, page);
    const marked = dryRun ? await pulled.countUnread(tx, page) : await pulled.markBooks(tx, page);
    const rated = dryRun ? await pulled.countUnrated(tx, page) : await pulled.rateSeries(tx, page);
    return entries.map(({ externalId }, place) => ({
      externalId,
      series: matched.get(place) ?? 0,
      booksMarked: marked.get(place) ?? 0,
      ratingsSet: rated.get(place) ?? 0,
    }));
  }, LOCK_TIMEOUT_MS);
}
