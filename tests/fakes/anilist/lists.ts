/** The lists of the fake's users, with the rules of AniList for reading and saving them. */
import { AnilistError } from "./anilist_error.ts";

export interface FuzzyDate {
  readonly year: number | null;
  readonly month: number | null;
  readonly day: number | null;
}

export interface ListEntry {
  readonly id: number;
  readonly userId: number;
  readonly mediaId: number;
  readonly status: string;
  /** 0..100; 0 is unrated. */
  readonly scoreRaw: number;
  readonly progress: number;
  readonly progressVolumes: number;
  readonly repeat: number;
  readonly private: boolean;
  readonly notes: string | null;
  readonly hiddenFromStatusLists: boolean;
  readonly customLists: readonly string[];
  readonly startedAt: FuzzyDate;
  readonly completedAt: FuzzyDate;
  /** Unix seconds. */
  readonly updatedAt: number;
  readonly createdAt: number;
}

/** What can be saved; what is left out stays. */
export type EntryChange = Partial<
  Omit<ListEntry, "id" | "userId" | "mediaId" | "updatedAt" | "createdAt">
>;

/** A group as MediaListCollection gives it. */
export interface ListGroup {
  readonly name: string;
  readonly isCustomList: boolean;
  readonly isSplitCompletedList: boolean;
  readonly status: string | null;
  readonly entries: readonly ListEntry[];
}

const GROUP_NAMES: Readonly<Record<string, string>> = {
  CURRENT: "Reading",
  PLANNING: "Planning",
  COMPLETED: "Completed",
  DROPPED: "Dropped",
  PAUSED: "Paused",
  REPEATING: "Rereading",
};
const NO_DATE: FuzzyDate = { year: null, month: null, day: null };
const NOTES_CHARACTERS_MAX = 6_000;
/** Ids of entries start away from those of works, so that a mix-up shows. */
const FIRST_ENTRY_ID = 900_001;

export class Lists {
  /** By user and work. */
  readonly #entries = new Map<number, Map<number, ListEntry>>();
  #nextId = FIRST_ENTRY_ID;

  constructor(private readonly nowSeconds: () => number) {}

  of(userId: number): ListEntry[] {
    return [...this.#entries.get(userId)?.values() ?? []];
  }

  find(userId: number, mediaId: number): ListEntry | null {
    return this.#entries.get(userId)?.get(mediaId) ?? null;
  }

  /**
   * Creates or changes the entry of a work.
   *
   * @throws {AnilistError} a value is out of its bounds
   */
  save(userId: number, mediaId: number, change: EntryChange): ListEntry {
    validate(change);
    const now = this.nowSeconds();
    const before = this.find(userId, mediaId) ?? {
      id: this.#nextId++,
      userId,
      mediaId,
      status: "CURRENT",
      scoreRaw: 0,
      progress: 0,
      progressVolumes: 0,
      repeat: 0,
      private: false,
      notes: null,
      hiddenFromStatusLists: false,
      customLists: [],
      startedAt: NO_DATE,
      completedAt: NO_DATE,
      createdAt: now,
    };
    const saved = { ...before, ...change, updatedAt: now };
    const entries = this.#entries.get(userId) ?? new Map<number, ListEntry>();
    this.#entries.set(userId, entries.set(mediaId, saved));
    return saved;
  }

  /** @param entryId of the list entry, not of the work */
  delete(userId: number, entryId: number): boolean {
    const entry = this.of(userId).find(({ id }) => id === entryId);
    return entry !== undefined && this.#entries.get(userId)?.delete(entry.mediaId) === true;
  }

  /**
   * One chunk of a user's entries, in groups: an entry stands in its status's group unless it is
   * hidden from those, and in each of its custom lists.
   */
  groups(
    userId: number,
    { chunk, perChunk }: { chunk: number; perChunk: number },
  ): { lists: ListGroup[]; hasNextChunk: boolean } {
    const all = this.of(userId).sort((a, b) => a.id - b.id);
    const entries = all.slice((chunk - 1) * perChunk, chunk * perChunk);
    const lists: ListGroup[] = [];
    for (const [status, name] of Object.entries(GROUP_NAMES)) {
      const shown = entries.filter((entry) =>
        entry.status === status && !entry.hiddenFromStatusLists
      );
      if (shown.length > 0) lists.push(group(name, status, shown));
    }
    for (const name of new Set(entries.flatMap(({ customLists }) => customLists))) {
      const shown = entries.filter(({ customLists }) => customLists.includes(name));
      lists.push(group(name, null, shown));
    }
    return { lists, hasNextChunk: chunk * perChunk < all.length };
  }
}

function group(name: string, status: string | null, entries: readonly ListEntry[]): ListGroup {
  return { name, status, entries, isCustomList: status === null, isSplitCompletedList: false };
}

function validate({ scoreRaw = 0, progress = 0, progressVolumes = 0, notes }: EntryChange): void {
  const isWrong = scoreRaw < 0 || scoreRaw > 100 || progress < 0 || progressVolumes < 0 ||
    (notes?.length ?? 0) > NOTES_CHARACTERS_MAX;
  if (isWrong) throw new AnilistError("validation", 400);
}
