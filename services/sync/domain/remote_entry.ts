/** What a service tells of one entry, and what of it is news here. */
import {
  countUtf8Bytes,
  DOCUMENT_BYTES_MAX,
  EXTERNAL_ID_CHARACTERS_MAX,
  hasMoreCharacters,
  type IgnoredValue,
  IsoDateTime,
  type PulledProgress,
  ReadingStatus,
  readWire,
  SUMMARY_BYTES_MAX,
  SyncEntry,
  tellIssue,
  TITLE_CHARACTERS_MAX,
  type WireIssue,
} from "@codex/protocol";
import { z } from "zod";
import { isStorable, storableText } from "./storable_text.ts";
import { chaptersWithin, type Extent, higher, volumesWithin } from "./extent.ts";

/** Longer notes are cut: a rating has room for no more. */
const NOTES_CHARS_MAX = 10_000;

/** What the service holds of an entry, as it is kept. */
export const RemoteEntry = z.object({
  externalId: z.string(),
  status: ReadingStatus,
  /** Read up to this volume. */
  volumes: z.number().optional(),
  chapters: z.number().optional(),
  /** 1 to 100; absent while unrated. */
  score: z.number().optional(),
  notes: z.string().optional(),
  title: z.string().optional(),
  startedAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  latestUpdatedAt: IsoDateTime.optional(),
});
export type RemoteEntry = z.infer<typeof RemoteEntry>;

export type ReadResult =
  | {
    readonly ok: true;
    readonly entry: RemoteEntry;
    /** What of it is too large and was left out or cut, in words. */
    readonly notKept: readonly string[];
  }
  | { readonly ok: false; readonly externalId: string | undefined; readonly reason: string };

/** Reads one item of a pulled page. */
export function readRemoteEntry(raw: unknown): ReadResult {
  const read = readWire(SyncEntry, raw, "parts");
  const faults = read.ok ? read.ignored.filter(isOfProgress).map(toIssue) : read.issues;
  if (!read.ok || faults.length > 0) {
    const reason = faults.slice(0, 3).map(tellIssue).join("; ");
    return { ok: false, externalId: idOf(raw), reason };
  }
  const { externalId } = read.value;
  if (externalId === "" || !isKeepableId(externalId)) {
    const reason =
      `/externalId: Must be 1 to ${EXTERNAL_ID_CHARACTERS_MAX} characters of plain text`;
    return { ok: false, externalId: undefined, reason };
  }
  const { title, notes, ...rest } = read.value;
  const texts = keptTexts(title, notes);
  const bytes = countUtf8Bytes(JSON.stringify({ ...rest, ...texts.kept }));
  if (bytes > DOCUMENT_BYTES_MAX) {
    const reason = `Must have at most ${DOCUMENT_BYTES_MAX} bytes as JSON: has ${bytes}`;
    return { ok: false, externalId, reason };
  }
  const notKept = [...read.ignored.map(toIssue).map(tellIssue), ...texts.notKept];
  return { ok: true, entry: { ...toRemote(rest), ...texts.kept }, notKept };
}

/** Progress that can't be read is no progress: an entry is refused rather than taken without it. */
function isOfProgress({ pointer }: IgnoredValue): boolean {
  return pointer === "/progress" || pointer.startsWith("/progress/");
}

function toIssue({ pointer, reason }: IgnoredValue): WireIssue {
  return { pointer, message: reason };
}

/** An id as it may be kept; a service that makes longer ones is not known. */
export function isKeepableId(externalId: string): boolean {
  return isStorable(externalId) && !hasMoreCharacters(externalId, EXTERNAL_ID_CHARACTERS_MAX);
}

function keptTexts(title: string | undefined, notes: string | undefined): {
  readonly kept: Pick<RemoteEntry, "title" | "notes">;
  readonly notKept: readonly string[];
} {
  const isLongTitle = title !== undefined && hasMoreCharacters(title, TITLE_CHARACTERS_MAX);
  const isCut = notes !== undefined && notes.length > NOTES_CHARS_MAX;
  const isHuge = isCut && countUtf8Bytes(notes) > SUMMARY_BYTES_MAX;
  return {
    kept: {
      ...(title !== undefined && !isLongTitle && { title: storableText(title, Infinity) }),
      ...(notes !== undefined && notes !== "" && !isHuge &&
        { notes: storableText(notes, NOTES_CHARS_MAX) }),
    },
    notKept: [
      ...(isLongTitle ? [`/title: Must have at most ${TITLE_CHARACTERS_MAX} characters`] : []),
      ...(isHuge
        ? [`/notes: Must have at most ${SUMMARY_BYTES_MAX} bytes in UTF-8`]
        : isCut
        ? [`/notes: Cut to ${NOTES_CHARS_MAX} characters`]
        : []),
    ],
  };
}

function toRemote(entry: Omit<SyncEntry, "title" | "notes">): RemoteEntry {
  const { externalId, status, progress = {}, score } = entry;
  const volumes = progress.volumes ?? progress.maxVolume;
  const chapters = progress.chapters ?? progress.maxChapter;
  return {
    externalId,
    status,
    ...(volumes !== undefined && { volumes }),
    ...(chapters !== undefined && { chapters }),
    // 0 means unrated wherever scores are counted up to 100.
    ...(score !== undefined && score > 0 && { score }),
    ...(entry.startedAt !== undefined && { startedAt: entry.startedAt }),
    ...(entry.completedAt !== undefined && { completedAt: entry.completedAt }),
    ...(entry.latestUpdatedAt !== undefined && { latestUpdatedAt: entry.latestUpdatedAt }),
  };
}

function idOf(raw: unknown): string | undefined {
  const id: unknown = typeof raw === "object" && raw !== null
    ? Reflect.get(raw, "externalId")
    : undefined;
  return typeof id === "string" || typeof id === "number"
    ? storableText(String(id), 100)
    : undefined;
}

/** One entry of two that a pull told under one id: the later words, the higher numbers. */
export function combineRemote(earlier: RemoteEntry, later: RemoteEntry): RemoteEntry {
  const volumes = higher(earlier.volumes, later.volumes);
  const chapters = higher(earlier.chapters, later.chapters);
  const status = earlier.status === "completed" ? earlier.status : later.status;
  return {
    ...earlier,
    ...later,
    status,
    ...(volumes !== undefined && { volumes }),
    ...(chapters !== undefined && { chapters }),
  };
}

/** One entry for each id, in the order in which the ids came first. */
export function combineById(entries: readonly RemoteEntry[]): RemoteEntry[] {
  const byId = new Map<string, RemoteEntry>();
  for (const entry of entries) {
    const known = byId.get(entry.externalId);
    byId.set(entry.externalId, known === undefined ? entry : combineRemote(known, entry));
  }
  return [...byId.values()];
}

/**
 * What of an entry is to be laid over the reader's progress.
 *
 * What the service holds only because we told it is no news: applied, it would make a book that was
 * read out of order pass for all books before it, and mark again what the reader has taken back.
 *
 * @param told the widest that was ever pushed of this entry
 */
export function newsOf(
  remote: RemoteEntry,
  told: Extent | undefined,
  options: { readonly withRating: boolean },
): PulledProgress {
  const { externalId, volumes = 0, chapters = 0, score, notes } = remote;
  const rating = score === undefined ? undefined : Math.min(100, Math.max(1, Math.round(score)));
  return {
    externalId,
    ...(volumes > volumesWithin(told) && { volumes }),
    ...(chapters > chaptersWithin(told) && { chapters }),
    ...(options.withRating && rating !== undefined && {
      rating,
      ...(notes !== undefined && { notes }),
    }),
    ...(remote.startedAt !== undefined && { startedAt: remote.startedAt }),
    ...(remote.completedAt !== undefined && { completedAt: remote.completedAt }),
    ...(remote.latestUpdatedAt !== undefined && { latestUpdatedAt: remote.latestUpdatedAt }),
  };
}
