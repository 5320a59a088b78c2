/** What has to be saved at AniList so that it has what Codex knows, and nothing is lost there. */
import type { SyncEntry } from "@codex/plugin-sdk";
import { type FuzzyDate, fuzzyDateOf } from "./fuzzy_date.ts";
import { listStatusOf } from "./list_status.ts";
import { readNumbers } from "./progress.ts";
import type { RemoteEntry, RemoteMedia } from "./remote_media.ts";
import type { Settings } from "./settings.ts";

/** Arguments of SaveMediaListEntry; what is left out stays as it is. */
export interface SaveArguments {
  readonly mediaId: number;
  readonly status?: string;
  readonly progress?: number;
  readonly progressVolumes?: number;
  readonly scoreRaw?: number;
  readonly notes?: string;
  readonly startedAt?: FuzzyDate;
  readonly completedAt?: FuzzyDate;
  readonly private?: true;
  readonly hiddenFromStatusLists?: true;
}

const NOTES_CHARACTERS_MAX = 6_000;

const NO_ENTRY: RemoteEntry = {
  status: undefined,
  progress: 0,
  progressVolumes: 0,
  scoreRaw: 0,
  notes: undefined,
  hasStarted: false,
  hasCompleted: false,
  private: false,
  hiddenFromStatusLists: false,
  updatedAt: 0,
};

/**
 * Null when AniList has all of it already.
 *
 * @param now milliseconds since 1970
 */
export function planSave(
  entry: SyncEntry,
  media: RemoteMedia,
  settings: Settings,
  now: number,
): SaveArguments | null {
  const remote = media.entry ?? NO_ENTRY;
  const read = readNumbers(entry.progress, settings);
  const chapters = further(read.progress, remote.progress, media.totalChapters);
  const volumes = further(read.progressVolumes, remote.progressVolumes, media.totalVolumes);
  const isAhead = chapters > remote.progress || volumes > remote.progressVolumes;
  const isBehind = remote.progress > (read.progress ?? remote.progress) ||
    remote.progressVolumes > (read.progressVolumes ?? remote.progressVolumes);
  const question = { entry, remote: media.entry, isAhead, isBehind, settings, now };
  const status = listStatusOf(question);
  // A reread counts from the start again: the first reading's numbers would end it.
  const isReread = status === "REPEATING";
  const changes: Omit<SaveArguments, "mediaId"> = {
    ...(status !== remote.status && { status }),
    ...(!isReread && chapters > remote.progress && { progress: chapters }),
    ...(!isReread && volumes > remote.progressVolumes && { progressVolumes: volumes }),
    ...opinionChanges(entry, remote),
    ...dateChanges(entry, remote, status),
    ...(settings.private && !remote.private && { private: true }),
    ...(settings.hiddenFromStatusLists && !remote.hiddenFromStatusLists &&
      { hiddenFromStatusLists: true }),
  };
  return Object.keys(changes).length === 0 ? null : { mediaId: media.id, ...changes };
}

/** The media as it is once the save is done: the same work may come twice in a push. */
export function mediaAfter(media: RemoteMedia, save: SaveArguments): RemoteMedia {
  const before = media.entry ?? NO_ENTRY;
  const entry: RemoteEntry = {
    ...before,
    status: save.status ?? before.status,
    progress: save.progress ?? before.progress,
    progressVolumes: save.progressVolumes ?? before.progressVolumes,
    scoreRaw: save.scoreRaw ?? before.scoreRaw,
    notes: save.notes ?? before.notes,
    hasStarted: before.hasStarted || save.startedAt !== undefined,
    hasCompleted: before.hasCompleted || save.completedAt !== undefined,
    private: before.private || save.private === true,
    hiddenFromStatusLists: before.hiddenFromStatusLists || save.hiddenFromStatusLists === true,
  };
  return { ...media, entry };
}

/** Never less than AniList has, and of ours not more than there is to read. */
function further(ours: number | undefined, theirs: number, total: number | undefined): number {
  return Math.max(Math.min(ours ?? 0, total ?? Infinity), theirs);
}

/** A rating or note of Codex replaces AniList's; none takes nothing away. */
function opinionChanges({ score = 0, notes }: SyncEntry, remote: RemoteEntry) {
  const scoreRaw = Math.round(score);
  const text = notes === undefined ? "" : shortened(notes.trim());
  return {
    ...(scoreRaw > 0 && scoreRaw !== remote.scoreRaw && { scoreRaw }),
    ...(text !== "" && !isSameText(text, remote.notes ?? "") && { notes: text }),
  };
}

/** Dates fill gaps only: what a reader entered at AniList is more likely right. */
function dateChanges(entry: SyncEntry, remote: RemoteEntry, status: string) {
  const startedAt = remote.hasStarted ? undefined : fuzzyDateOf(entry.startedAt ?? "");
  const isCompleted = status === "COMPLETED" && !remote.hasCompleted;
  const completedAt = isCompleted ? fuzzyDateOf(entry.completedAt ?? "") : undefined;
  return { ...(startedAt && { startedAt }), ...(completedAt && { completedAt }) };
}

/** Not in the middle of a character of two code units. */
function shortened(text: string): string {
  if (text.length <= NOTES_CHARACTERS_MAX) return text;
  const isSplit = /[\uD800-\uDBFF]$/.test(text.slice(0, NOTES_CHARACTERS_MAX));
  return text.slice(0, isSplit ? NOTES_CHARACTERS_MAX - 1 : NOTES_CHARACTERS_MAX);
}

/** Line ends may come back in another form; that is no change. */
function isSameText(a: string, b: string): boolean {
  const normalised = (text: string) => text.replaceAll("\r\n", "\n").trim();
  return normalised(a) === normalised(b);
}
