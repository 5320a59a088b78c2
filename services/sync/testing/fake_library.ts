/** A reader's library in memory: series of numbered volumes or chapters, with progress that only grows. */
import {
  type AppliedProgress,
  type ApplyProgressRequest,
  type EngagedEntry,
  type EngagementRequest,
  type ExternalMatch,
  type HeldIdsRequest,
  type LibraryEntriesRequest,
  type LibraryEntry,
  LibraryId,
  type LibraryService,
  type PulledProgress,
  type SeriesEngagement,
  SeriesId,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";

export const SOURCE = "api:example";
export const LIBRARY = LibraryId.parse("00000000-0000-4000-8000-000000000001");

export interface FakeBook {
  readonly volume?: number;
  readonly chapter?: number;
  isRead: boolean;
  isStarted: boolean;
}

export interface FakeSeries {
  readonly id: SeriesId;
  readonly title: string;
  externalId: string | undefined;
  readonly books: FakeBook[];
  totalVolumeCount: number | undefined;
  rating: { rating: number; notes?: string } | undefined;
  updatedAt: string | undefined;
}

export interface NewSeries {
  readonly title?: string;
  readonly externalId?: string;
  readonly volumes?: number;
  readonly chapters?: number;
  readonly read?: number;
  readonly total?: number;
}

export class FakeLibrary implements Omit<LibraryService, "purgeConnection" | "purgeUser"> {
  readonly series: FakeSeries[] = [];
  readonly requests: EngagementRequest[] = [];
  /** Thrown by the next call. */
  failNext: Error | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add({ title, externalId, volumes = 0, chapters = 0, read = 0, total }: NewSeries): FakeSeries {
    const unread = { isRead: false, isStarted: false };
    const series: FakeSeries = {
      id: SeriesId.parse(crypto.randomUUID()),
      title: title ?? `Series ${externalId}`,
      externalId,
      books: [
        ...Array.from({ length: volumes }, (_, index) => ({ volume: index + 1, ...unread })),
        ...Array.from({ length: chapters }, (_, index) => ({ chapter: index + 1, ...unread })),
      ],
      totalVolumeCount: total,
      rating: undefined,
      updatedAt: undefined,
    };
    this.series.push(series);
    this.read(series, read);
    return series;
  }

  /** The first `count` books, in their order. */
  read(series: FakeSeries, count: number): void {
    for (const book of series.books.slice(0, count)) this.#mark(series, book);
  }

  readBook(series: FakeSeries, place: number): void {
    const book = series.books[place];
    if (book !== undefined) this.#mark(series, book);
  }

  #mark(series: FakeSeries, book: FakeBook): void {
    if (!book.isRead) series.updatedAt = new Date(this.#now()).toISOString();
    book.isRead = true;
  }

  booksRead(series: FakeSeries): number {
    return series.books.filter((book) => book.isRead).length;
  }

  async *streamEngagement(
    _context: unknown,
    request: EngagementRequest,
  ): AsyncGenerator<EngagedEntry> {
    await this.#beginCall();
    this.requests.push(request);
    const engaged = this.series.filter(({ books }) =>
      books.some((it) => it.isRead || it.isStarted)
    );
    const named = Map.groupBy(engaged, (series) => this.#idOf(series, request));
    const ids = [...named.keys()].filter((id) => id !== undefined).sort();
    for (const externalId of ids) {
      const copies = (named.get(externalId) ?? []).map((it) => toEngagement(it, request));
      yield { externalId, copies };
    }
    if (!request.withUnidentified) return;
    for (const series of named.get(undefined) ?? []) {
      yield { externalId: "", copies: [toEngagement(series, request)] };
    }
  }

  async applyProgress(
    _context: unknown,
    request: ApplyProgressRequest,
  ): Promise<AppliedProgress[]> {
    await this.#beginCall();
    return request.entries.map((entry) => this.#apply(entry, request));
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection
  async getSeriesName(_context: unknown, id: SeriesId) {
    const found = this.series.find((it) => it.id === id);
    if (found === undefined) throw new ProblemError("not_found", "There is no such series");
    return { id, libraryId: LIBRARY, title: found.title };
  }

  async listLibraryEntries(
    _context: unknown,
    { limit }: LibraryEntriesRequest,
  ): Promise<LibraryEntry[]> {
    await this.#beginCall();
    return this.series.slice(0, limit).map((series) => ({
      seriesId: series.id,
      title: series.title,
      alternateTitles: [],
      year: 1999,
      genres: ["Drama"],
      tags: ["Dark"],
      externalIds: series.externalId === undefined
        ? []
        : [{ source: SOURCE, externalId: series.externalId }],
      booksRead: this.booksRead(series),
      booksOwned: series.books.length,
      ...(series.rating && { userRating: series.rating.rating }),
      ...(series.rating?.notes !== undefined && { userNotes: series.rating.notes }),
      ...(series.updatedAt !== undefined && { lastReadAt: series.updatedAt }),
      libraryId: LIBRARY,
      libraryName: "Manga",
    }));
  }

  async findHeldIds(_context: unknown, request: HeldIdsRequest): Promise<ExternalMatch[]> {
    await this.#beginCall();
    const { externalIdSource, externalIds } = request;
    return this.series.flatMap(({ id, externalId }) =>
      externalIdSource === SOURCE && externalId !== undefined && externalIds.includes(externalId)
        ? [{ externalId, seriesId: id }]
        : []
    );
  }

  // deno-lint-ignore require-await -- a failure must be a rejection
  async #beginCall(): Promise<void> {
    const error = this.failNext;
    this.failNext = undefined;
    if (error !== undefined) throw error;
  }

  #idOf(
    series: FakeSeries,
    { externalIdSource, matches }: Pick<EngagementRequest, "externalIdSource" | "matches">,
  ): string | undefined {
    const own = externalIdSource === SOURCE ? series.externalId : undefined;
    return own ?? matches.find(({ seriesId }) => seriesId === series.id)?.externalId;
  }

  #apply(entry: PulledProgress, request: ApplyProgressRequest): AppliedProgress {
    const { externalId, volumes = 0, chapters = 0, rating, notes } = entry;
    const copies = this.series.filter((it) => this.#idOf(it, request) === externalId);
    let [booksMarked, ratingsSet] = [0, 0];
    for (const series of copies) {
      for (const book of series.books) {
        const isReached = book.chapter === undefined
          ? (book.volume ?? Infinity) <= volumes
          : book.chapter <= chapters;
        if (!isReached || book.isRead) continue;
        booksMarked++;
        if (!request.dryRun) this.#mark(series, book);
      }
      if (rating === undefined || series.rating !== undefined) continue;
      ratingsSet++;
      if (!request.dryRun) series.rating = { rating, ...(notes !== undefined && { notes }) };
    }
    return { externalId, series: copies.length, booksMarked, ratingsSet };
  }
}

function toEngagement(
  series: FakeSeries,
  { withBooks, withMetadata }: EngagementRequest,
): SeriesEngagement {
  const read = series.books.filter((book) => book.isRead);
  const numbers = (of: "volume" | "chapter") => read.flatMap((book) => book[of] ?? []);
  const [volumes, chapters] = [numbers("volume"), numbers("chapter")];
  const { updatedAt, rating, totalVolumeCount } = series;
  return {
    seriesId: series.id,
    libraryId: LIBRARY,
    libraryName: "Manga",
    title: series.title,
    ...(totalVolumeCount !== undefined && { totalVolumeCount }),
    bookCount: series.books.length,
    booksRead: read.length,
    booksStarted: series.books.filter((book) => book.isStarted && !book.isRead).length,
    volumesRead: volumes.length,
    ...(volumes.length > 0 && { maxVolume: Math.max(...volumes) }),
    ...(chapters.length > 0 && { maxChapter: Math.max(...chapters) }),
    ...(updatedAt !== undefined && { latestUpdatedAt: updatedAt }),
    ...rating,
    ...(withBooks && {
      readBooks: read.map(({ volume, chapter }) => ({
        completed: true,
        ...(volume !== undefined && { volume }),
        ...(chapter !== undefined && { chapter }),
      })),
    }),
    ...(withMetadata && { genres: ["Drama"], tags: [], metadata: { year: 1999 } }),
  };
}
