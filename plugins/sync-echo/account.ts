/** The account that Echo pretends to have: each entry follows from its number alone. */
import {
  InvalidParamsError,
  type PullAnswer,
  type PullParams,
  type PushAnswer,
  type PushResult,
  READING_STATUSES,
  type SyncEntry,
} from "@codex/plugin-sdk";
import type { Settings } from "./settings.ts";

const HOUR_MS = 3_600_000;
/** When the first entry was last changed; each later one an hour after the one before. */
const FIRST_CHANGE = Date.UTC(2026, 0, 1);

/** @param number from 1 */
export function entryOf(number: number, titles: readonly string[]): SyncEntry {
  const title = titles[number - 1] ?? `Echo series ${number}`;
  const totalVolumes = 5 + number % 20;
  const status = READING_STATUSES[(number - 1) % READING_STATUSES.length] ?? "reading";
  const volumes = status === "completed" ? totalVolumes : number % totalVolumes;
  const changedAt = FIRST_CHANGE + (number - 1) * HOUR_MS;
  return {
    externalId: idOf(title),
    status,
    progress: { volumes, chapters: volumes * 10, totalVolumes, totalChapters: totalVolumes * 10 },
    score: number % 101,
    startedAt: instant(changedAt - 48 * HOUR_MS),
    completedAt: status === "completed" ? instant(changedAt) : undefined,
    notes: `Echo's note on ${title}`,
    latestUpdatedAt: instant(changedAt),
    title,
  };
}

/** As the echo plugin for metadata names the first result of a search, so that both know a series alike. */
export function idOf(title: string): string {
  return `1:${title}`;
}

/** The cursor is the number of entries before the page. */
export function pullPage({ since, limit, cursor }: PullParams, settings: Settings): PullAnswer {
  const { entryCount, titles, pageSize } = settings;
  const start = Math.max(readCursor(cursor), firstChangedSince(since));
  const end = Math.min(start + Math.min(limit ?? pageSize, pageSize), entryCount);
  const entries: SyncEntry[] = [];
  for (let number = start + 1; number <= end; number++) entries.push(entryOf(number, titles));
  return { entries, nextCursor: end < entryCount ? String(end) : undefined };
}

/** An entry that the account has is updated, any other created. Nothing is kept. */
export function pushResults(entries: readonly SyncEntry[], settings: Settings): PushAnswer {
  const { entryCount, titles, failIds, failEvery } = settings;
  const known = new Set<string>();
  for (let number = 1; number <= entryCount; number++) {
    known.add(entryOf(number, titles).externalId);
  }
  const success = entries.map(({ externalId, title = "" }, index): PushResult => {
    const found = externalId === "" ? { externalId: idOf(title), title } : { externalId };
    const fails = failIds.has(found.externalId) || (failEvery > 0 && (index + 1) % failEvery === 0);
    if (fails) return { ...found, status: "failed", error: "Echo was told to fail this one" };
    return { ...found, status: known.has(found.externalId) ? "updated" : "created" };
  });
  return { success };
}

/** How many entries didn't change since. */
function firstChangedSince(since: string | undefined): number {
  if (since === undefined) return 0;
  return Math.max(0, Math.ceil((Date.parse(since) - FIRST_CHANGE) / HOUR_MS));
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,6}$/.test(cursor)) return Number(cursor);
  throw new InvalidParamsError(`"cursor" must be one of Echo's own, not "${cursor}"`);
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
