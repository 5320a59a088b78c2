/** A reader with some series on the shelf, and sync as it reads and adds to their progress. */
import {
  type AppliedProgress,
  BookProgress,
  type EngagedEntry,
  type EngagementRequest,
  type LibraryId,
  type PulledProgress,
  type SeriesId,
  StoredRating,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { createLibraryClient } from "../client.ts";
import { createFixture } from "./fixture.ts";

export const SOURCE = "api:example";

export interface ShelfBook {
  readonly number?: number;
  readonly volume?: number;
  readonly chapter?: number;
}

export interface ShelfSeries {
  readonly title: string;
  readonly externalId?: string;
  readonly books: readonly ShelfBook[];
  readonly metadata?: Record<string, unknown>;
}

export interface Shelf {
  readonly id: SeriesId;
  readonly bookIds: readonly string[];
}

export async function createReader() {
  const fixture = await createFixture();
  const reader = testSubject("reader");
  const context = { requestId: "request-of-a-test", subject: reader };
  const client = createLibraryClient({
    identity: await fixture.identities.of("sync"),
    baseUrl: "http://library.test",
    fetch: async (input, init) => await fixture.app.request(input, init),
  });
  const scope = { externalIdSource: SOURCE, libraryIds: [] as LibraryId[], matches: [] };

  return {
    fixture,
    client,
    context,
    reader,
    scope,

    async shelve(libraryId: string, series: ShelfSeries): Promise<Shelf> {
      const { title, externalId, books, metadata } = series;
      const key = `${title} ${crypto.randomUUID()}`;
      await fixture.import(libraryId, [{
        key,
        title,
        metadata: metadata ?? {},
        externalIds: externalId === undefined ? [] : [{ source: SOURCE, externalId }],
        books: books.map((book, index) => {
          const name = `${title} book ${String(index + 1).padStart(4, "0")}`;
          return { key: `${key} ${index}`, title: name, ...book };
        }),
      }]);
      const [row] = await fixture.sql<{ id: SeriesId }[]>`
        select id from library.series where key = ${key}`;
      const ids = await fixture.sql<{ id: string }[]>`
        select id from library.books where series_id = ${row!.id} order by title_sort`;
      return { id: row!.id, bookIds: ids.map(({ id }) => id) };
    },

    read: (bookId: string, progress: object = { completed: true }) =>
      fixture.expect(BookProgress, "PUT", `/books/${bookId}/progress`, progress, reader),

    rate: (seriesId: string, rating: number, notes?: string) =>
      fixture.expect(
        StoredRating,
        "PUT",
        `/series/${seriesId}/rating`,
        { rating, ...(notes !== undefined && { notes }) },
        reader,
      ),

    engagement: (change: Partial<EngagementRequest> = {}): Promise<EngagedEntry[]> =>
      Array.fromAsync(client.streamEngagement(context, {
        ...scope,
        withUnidentified: false,
        withBooks: false,
        withMetadata: false,
        ...change,
      })),

    async apply(
      entry: PulledProgress,
      change: Partial<Parameters<typeof client.applyProgress>[1]> = {},
    ): Promise<AppliedProgress> {
      const request = { ...scope, entries: [entry], dryRun: false, ...change };
      return (await client.applyProgress(context, request))[0]!;
    },

    /** Places of the books that are read, counted from 1. */
    async booksRead({ id, bookIds }: Shelf): Promise<number[]> {
      const rows = await fixture.sql<{ id: string }[]>`
        select book_id as id from library.book_progress join library.books on books.id = book_id
        where user_id = ${reader.userId} and series_id = ${id} and completed`;
      const read = new Set(rows.map((row) => row.id));
      return bookIds.flatMap((bookId, index) => read.has(bookId) ? [index + 1] : []);
    },

    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}
