/** The Open Library plugin: manifest, settings and handlers. */
import {
  type BookSearchParams,
  type CallContext,
  createMetadataPlugin,
  InvalidParamsError,
  type Plugin,
  type SearchAnswer,
} from "@codex/plugin-sdk";
import { systemClock } from "@codex/plugin-sdk/pacing";
import { Client, type ClientDeps } from "./client.ts";
import { isbn13sOf, parseIsbn } from "./isbn.ts";
import { Lookup } from "./lookup.ts";
import { EXTERNAL_ID_SOURCE } from "./mapping.ts";
import { Matching } from "./matching.ts";
import { OpenLibrary } from "./open_library.ts";
import { configSchema, readSettings, type Settings } from "./settings.ts";

/** What the settings make possible; there from `initialize` on. */
interface Parts {
  readonly settings: Settings;
  readonly lookup: Lookup;
  readonly matching: Matching;
}

/** Fields that Open Library has; the host asks the admin for exactly these. */
const PERMISSIONS = [
  "title",
  "subtitle",
  "summary",
  "authors",
  "translator",
  "year",
  "release_date",
  "publisher",
  "language",
  "page_count",
  "edition",
  "isbn",
  "original_title",
  "original_year",
  "series_position",
  "genres",
  "tags",
  "subjects",
  "covers",
  "ratings",
  "links",
  "external_ids",
].map((field) => `metadata:write:${field}`);

export function createOpenLibraryPlugin(
  deps: ClientDeps = { fetch: globalThis.fetch, clock: systemClock },
): Plugin {
  let parts = assemble(readSettings({}), deps);

  return createMetadataPlugin({
    manifest: {
      name: "metadata-openlibrary",
      displayName: "Open Library",
      version: "0.1.0",
      description: "Books and works from openlibrary.org",
      author: "Codex",
      homepage: "https://openlibrary.org",
      configSchema,
      adminSetupInstructions:
        'Set "contact", so that Open Library knows whom to write to: it then allows more requests.',
      searchURITemplate: "https://openlibrary.org/search?title=<title>",
      permissions: PERMISSIONS,
      network: ["openlibrary.org"],
      capabilities: { externalIdSource: EXTERNAL_ID_SOURCE },
    },
    onInitialize({ adminConfig, log }) {
      const settings = readSettings(adminConfig);
      parts = assemble(settings, deps);
      const { baseUrl, requestsPerSecond } = settings;
      log.info("Open Library is ready", { baseUrl, requestsPerSecond });
    },
    book: {
      search: (params, context) => searchBooks(parts, params, context),
      get: ({ externalId }, context) => parts.lookup.book(externalId, context),
      match({ title, authors, isbn, year }, context) {
        const isbns = isbn13sOf(isbn === undefined ? [] : [isbn]);
        return parts.matching.match({ title, authors, year, isbns }, context);
      },
    },
    series: {
      search({ query, limit, cursor }, context) {
        const page = { limit: limitOf(parts, limit), cursor };
        return parts.matching.search({ anywhere: query }, page, context);
      },
      get: ({ externalId }, context) => parts.lookup.series(externalId, context),
      match({ title, author, year }, context) {
        const authors = author === undefined ? [] : [author];
        return parts.matching.match({ title, authors, year }, context);
      },
    },
  });
}

function assemble(settings: Settings, deps: ClientDeps): Parts {
  const openLibrary = new OpenLibrary(new Client(settings, deps));
  const lookup = new Lookup(openLibrary);
  return { settings, lookup, matching: new Matching(openLibrary, lookup) };
}

/** By ISBN first, typed as one or as the query; by words when there is no such edition. */
async function searchBooks(
  parts: Parts,
  params: BookSearchParams,
  context: CallContext,
): Promise<SearchAnswer> {
  const { query, author, year, cursor } = params;
  if (params.isbn !== undefined && query === undefined && parseIsbn(params.isbn) === undefined) {
    throw new InvalidParamsError(`"isbn" must be a valid ISBN, not "${params.isbn.slice(0, 40)}"`);
  }
  if (cursor === undefined) {
    const results = await parts.matching.byIsbn(params.isbn ?? query ?? "", context);
    if (results.length > 0) return { results };
  }
  if (query === undefined) return { results: [] };
  const page = { limit: limitOf(parts, params.limit), cursor };
  return await parts.matching.search({ anywhere: query, author, year }, page, context);
}

function limitOf({ settings }: Parts, limit = settings.maxResults): number {
  return Math.min(limit, settings.maxResults);
}
