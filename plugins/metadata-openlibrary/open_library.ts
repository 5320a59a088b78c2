/** Open Library's records by id, ISBN and search. */
import { ExternalApiError } from "@codex/plugin-sdk";
import type { CallScope, Client, Reply } from "./client.ts";
import type { Isbn } from "./isbn.ts";
import {
  type AuthorRecord,
  type EditionRecord,
  type OpenLibraryId,
  parseRecordKey,
  type RatingRecord,
  readAuthor,
  readEdition,
  readRatings,
  readRecordType,
  readSearchDoc,
  readWork,
  type RecordKey,
  type SearchDoc,
  type WorkRecord,
} from "./records.ts";
import { listOf, objectOf } from "./text.ts";

export interface SearchPage {
  readonly docs: readonly SearchDoc[];
  /** Documents before this page and in it, also those that couldn't be read. */
  readonly end: number;
  readonly total: number;
}

export interface SearchWords {
  /** Anywhere in the record. */
  readonly anywhere?: string | undefined;
  readonly title?: string | undefined;
  readonly author?: string | undefined;
  readonly isbn?: Isbn | undefined;
  readonly workId?: OpenLibraryId | undefined;
}

/** Redirects of HTTP and of records together. Merged records were seen four deep. */
const REDIRECTS_MAX = 6;

/** Nothing beyond the default fields comes unless it is named. */
const SEARCH_FIELDS = [
  "key",
  "title",
  "subtitle",
  "author_key",
  "author_name",
  "first_publish_year",
  "isbn",
  "cover_i",
  "edition_count",
  "language",
  "subject",
  "ratings_average",
  "ratings_count",
].join(",");

/** Shorter words in `q` are refused, and so is this word alone; `title` takes any. */
const ANYWHERE_CHARACTERS_MIN = 3;
const ANYWHERE_REFUSED = "the";

const AUTHOR_NAMES_MAX = 2_000;

/** Each method throws what {@link Client.get} throws; undefined means "there is none". */
export class OpenLibrary {
  /** Names from searches, which save a request for each author of a record. */
  readonly #authors = new Map<OpenLibraryId, AuthorRecord>();

  constructor(private readonly client: Client) {}

  async work(id: OpenLibraryId, scope: CallScope): Promise<WorkRecord | undefined> {
    const found = await this.#record({ kind: "works", id }, scope);
    return found && readWork(found.body, found.id);
  }

  async edition(id: OpenLibraryId, scope: CallScope): Promise<EditionRecord | undefined> {
    const found = await this.#record({ kind: "books", id }, scope);
    return found && readEdition(found.body, found.id);
  }

  async editionByIsbn({ isbn13 }: Isbn, scope: CallScope): Promise<EditionRecord | undefined> {
    const found = await this.#follow("books", `/isbn/${isbn13}.json`, scope);
    return found && readEdition(found.body, found.id);
  }

  /** In the order of the ids; those without a name are left out. */
  async authors(ids: readonly OpenLibraryId[], scope: CallScope): Promise<AuthorRecord[]> {
    const found = await Promise.all(ids.map(async (id) => {
      const known = this.#authors.get(id);
      if (known !== undefined) return known;
      const record = await this.#record({ kind: "authors", id }, scope);
      const author = record && readAuthor(record.body, record.id);
      if (author !== undefined) this.#remember({ ...author, id });
      return author;
    }));
    return found.filter((author) => author !== undefined);
  }

  /** The work as the search index has it: with year, ratings and names of authors in one request. */
  async indexed(workId: OpenLibraryId, scope: CallScope): Promise<SearchDoc | undefined> {
    const page = { limit: 1, offset: 0 };
    const { docs } = await this.search({ workId }, page, scope);
    return docs.find((doc) => doc.workId === workId);
  }

  /** Undefined while nobody has rated the work. */
  async rating(workId: OpenLibraryId, scope: CallScope): Promise<RatingRecord | undefined> {
    const reply = await this.client.get(`/works/${workId}/ratings.json`, scope);
    return reply.kind === "found" ? readRatings(reply.body) : undefined;
  }

  async search(
    words: SearchWords,
    page: { readonly limit: number; readonly offset: number },
    scope: CallScope,
  ): Promise<SearchPage> {
    const query = searchQuery(words);
    if (query === undefined) return { docs: [], end: page.offset, total: 0 };
    query.set("fields", SEARCH_FIELDS);
    query.set("limit", String(page.limit));
    query.set("offset", String(page.offset));
    const reply = await this.client.get(`/search.json?${query}`, scope);
    if (reply.kind !== "found") throw new ExternalApiError("Open Library offers no search here");
    const { docs: rawDocs, numFound } = objectOf(reply.body);
    if (!Array.isArray(rawDocs)) throw new ExternalApiError("Open Library's search has no results");
    const docs = rawDocs.map(readSearchDoc).filter((doc) => doc !== undefined);
    for (const { authors } of docs) {
      for (const { id, name } of authors) if (id !== undefined) this.#remember({ id, name });
    }
    const end = page.offset + listOf(rawDocs).length;
    return { docs, end, total: typeof numFound === "number" ? numFound : end };
  }

  #record(key: RecordKey, scope: CallScope) {
    return this.#follow(key.kind, pathOf(key), scope);
  }

  /** Asks until a record comes, over redirects of either sort, and says whose it is in the end. */
  async #follow(
    kind: RecordKey["kind"],
    start: string,
    scope: CallScope,
  ): Promise<{ id: OpenLibraryId; body: unknown } | undefined> {
    let path = start;
    for (let step = 0; step <= REDIRECTS_MAX; step++) {
      const reply = await this.client.get(path, scope);
      const next = nextStep(reply);
      if (next.kind === "end") return undefined;
      if (next.kind === "record") {
        const id = parseRecordKey(String(objectOf(next.body).key ?? path))?.id;
        if (id === undefined) throw new ExternalApiError("Open Library's record has no key");
        return { id, body: next.body };
      }
      const target = parseRecordKey(recordPath(next.location));
      if (target?.kind !== kind) {
        throw new ExternalApiError("Open Library redirects to what is no such record");
      }
      path = pathOf(target);
    }
    throw new ExternalApiError(`Open Library redirects more than ${REDIRECTS_MAX} times`);
  }

  #remember(author: AuthorRecord): void {
    if (this.#authors.size >= AUTHOR_NAMES_MAX) this.#authors.clear();
    this.#authors.set(author.id, author);
  }
}

type Step =
  | { kind: "record"; body: unknown }
  | { kind: "redirect"; location: string }
  | { kind: "end" };

function nextStep(reply: Reply): Step {
  if (reply.kind === "missing") return { kind: "end" };
  if (reply.kind === "redirected") return { kind: "redirect", location: reply.location };
  const type = readRecordType(reply.body);
  if (type.kind === "deleted") return { kind: "end" };
  return type.kind === "redirect" ? type : { kind: "record", body: reply.body };
}

/** The path alone is followed, at the base URL: no redirect can lead to another host. */
function recordPath(location: string): string {
  return URL.parse(location, "https://openlibrary.org")?.pathname ?? "";
}

function pathOf({ kind, id }: RecordKey): string {
  return `/${kind}/${id}.json`;
}

/** Undefined when nothing is left to search for. */
function searchQuery(
  { anywhere, title, author, isbn, workId }: SearchWords,
): URLSearchParams | undefined {
  const query = new URLSearchParams();
  if (workId !== undefined) {
    query.set("q", `key:/works/${workId}`);
    return query;
  }
  if (isbn !== undefined) {
    const forms = [isbn.isbn13, isbn.isbn10].filter((form) => form !== undefined);
    query.set("q", `isbn:(${forms.join(" OR ")})`);
    return query;
  }
  const words = plainWords(anywhere);
  const isRefused = words.length < ANYWHERE_CHARACTERS_MIN ||
    words.toLowerCase() === ANYWHERE_REFUSED;
  if (words !== "") query.set(isRefused ? "title" : "q", words);
  if (plainWords(title) !== "") query.set("title", plainWords(title));
  if (plainWords(author) !== "") query.set("author", plainWords(author));
  return query.size === 0 ? undefined : query;
}

/** Without what the search's query language takes for syntax (Lucene): `Who? (A: B)` fails there. */
function plainWords(text = ""): string {
  return text
    .replaceAll(/[^\p{L}\p{M}\p{N}'\u2019.&-]+/gu, " ")
    .replaceAll(/(?:^|\s)[-&]+|&&/g, " ")
    .replaceAll(/\b(?:AND|OR|NOT|TO)\b/g, (word) => word.toLowerCase())
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 200);
}
