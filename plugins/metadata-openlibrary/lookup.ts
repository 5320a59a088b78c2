/** Whole answers out of several records: an edition with its work, authors and ratings. */
import {
  type BookMetadata,
  type CallContext,
  InvalidParamsError,
  NotFoundError,
  PluginError,
  type SeriesMetadata,
} from "@codex/plugin-sdk";
import { type Isbn, parseIsbn } from "./isbn.ts";
import { bookFromEdition, bookFromWork, seriesFromWork, type WorkContext } from "./mapping.ts";
import type { OpenLibrary } from "./open_library.ts";
import {
  type EditionRecord,
  type OpenLibraryId,
  parseRecordKey,
  type WorkRecord,
} from "./records.ts";

/** An anthology can have hundreds; more names than these help nobody and cost a request each. */
const AUTHORS_MAX = 10;

type Wanted =
  | { kind: "work" | "edition"; id: OpenLibraryId }
  | { kind: "isbn"; isbn: Isbn };

export class Lookup {
  constructor(private readonly openLibrary: OpenLibrary) {}

  /**
   * @param externalId an edition or work, as id, key or address, or an ISBN
   * @throws {NotFoundError}
   */
  async book(externalId: string, context: CallContext): Promise<BookMetadata> {
    const wanted = readExternalId(externalId);
    if (wanted.kind === "work") {
      const work = await this.openLibrary.work(wanted.id, context);
      if (work === undefined) throw notFound(externalId);
      return bookFromWork(work, await this.#context(work.authorIds, work.id, context));
    }
    const edition = wanted.kind === "isbn"
      ? await this.openLibrary.editionByIsbn(wanted.isbn, context)
      : await this.openLibrary.edition(wanted.id, context);
    if (edition === undefined) throw notFound(externalId);
    return await this.edition(edition, context);
  }

  /** The whole answer for an edition's record. */
  async edition(edition: EditionRecord, context: CallContext): Promise<BookMetadata> {
    const work = await this.#workOf(edition, context);
    const authorIds = edition.authorIds.length > 0 ? edition.authorIds : work?.authorIds ?? [];
    return bookFromEdition(edition, work, await this.#context(authorIds, work?.id, context));
  }

  /**
   * @param externalId a work, or an edition or ISBN of one
   * @throws {NotFoundError}
   */
  async series(externalId: string, context: CallContext): Promise<SeriesMetadata> {
    const work = await this.#workFor(readExternalId(externalId), context);
    if (work === undefined) throw notFound(externalId);
    return seriesFromWork(work, await this.#context(work.authorIds, work.id, context));
  }

  async #workFor(wanted: Wanted, context: CallContext): Promise<WorkRecord | undefined> {
    if (wanted.kind === "work") return await this.openLibrary.work(wanted.id, context);
    const edition = wanted.kind === "isbn"
      ? await this.openLibrary.editionByIsbn(wanted.isbn, context)
      : await this.openLibrary.edition(wanted.id, context);
    return edition && await this.#workOf(edition, context);
  }

  async #workOf(edition: EditionRecord, context: CallContext): Promise<WorkRecord | undefined> {
    if (edition.workId === undefined) return undefined;
    return await this.openLibrary.work(edition.workId, context);
  }

  async #context(
    authorIds: readonly OpenLibraryId[],
    workId: OpenLibraryId | undefined,
    context: CallContext,
  ): Promise<WorkContext> {
    // First, since it brings the names of the authors along.
    const extras = workId === undefined ? undefined : await this.#extras(workId, context);
    const authors = await this.openLibrary.authors(authorIds.slice(0, AUTHORS_MAX), context);
    return { authors, rating: extras?.rating, firstPublishYear: extras?.firstPublishYear };
  }

  /** Ratings and the first year are extras: without them the rest is still worth having. */
  async #extras(
    workId: OpenLibraryId,
    context: CallContext,
  ): Promise<Omit<WorkContext, "authors"> | undefined> {
    try {
      const indexed = await this.openLibrary.indexed(workId, context);
      if (indexed !== undefined) {
        return { rating: indexed.rating, firstPublishYear: indexed.firstPublishYear };
      }
      // A new work reaches the index only later.
      const rating = await this.openLibrary.rating(workId, context);
      return { rating, firstPublishYear: undefined };
    } catch (thrown) {
      if (!(thrown instanceof PluginError)) throw thrown;
      context.log.warn("Ratings and first year are left out", { workId, reason: thrown.message });
      return undefined;
    }
  }
}

function readExternalId(externalId: string): Wanted {
  const text = externalId.trim();
  const path = /^https?:\/\//i.test(text) ? URL.parse(text)?.pathname ?? "" : text;
  const key = parseRecordKey(path);
  if (key?.kind === "works") return { kind: "work", id: key.id };
  if (key?.kind === "books") return { kind: "edition", id: key.id };
  const isbn = parseIsbn(text);
  if (isbn !== undefined) return { kind: "isbn", isbn };
  throw new InvalidParamsError(
    `"externalId" must be an edition (OL…M), a work (OL…W) or an ISBN, not "${text.slice(0, 80)}"`,
  );
}

function notFound(externalId: string): NotFoundError {
  return new NotFoundError(`Open Library has no "${externalId.trim().slice(0, 80)}"`);
}
