/** Plugins that find and describe series and books. */
import { completeManifest, type ContentType, type ManifestInput } from "./manifest.ts";
import type {
  BookMatchParams,
  BookMetadata,
  BookSearchParams,
  GetParams,
  MatchAnswer,
  SearchAnswer,
  SeriesMatchParams,
  SeriesMetadata,
  SeriesSearchParams,
} from "./metadata.ts";
import {
  writeBookMetadata,
  writeMatchAnswer,
  writeSearchAnswer,
  writeSeriesMetadata,
} from "./metadata_answers.ts";
import {
  readBookMatch,
  readBookSearch,
  readGet,
  readSeriesMatch,
  readSeriesSearch,
} from "./metadata_params.ts";
import { type Handler, method, withoutAbsent } from "./method_table.ts";
import { definePlugin, type Method, type Plugin, type PluginOptions } from "./plugin.ts";

export interface SeriesProvider {
  search: Handler<SeriesSearchParams, SearchAnswer>;
  /** Throws NotFoundError when there is no such series. */
  get: Handler<GetParams, SeriesMetadata>;
  /** Without it the host searches and scores the results itself. */
  match?: Handler<SeriesMatchParams, MatchAnswer>;
}

export interface BookProvider {
  search: Handler<BookSearchParams, SearchAnswer>;
  /** Throws NotFoundError when there is no such book. */
  get: Handler<GetParams, BookMetadata>;
  /** Without it the host searches and scores the results itself. */
  match?: Handler<BookMatchParams, MatchAnswer>;
}

/** At least one of `series` and `book`. */
export interface MetadataPluginOptions extends PluginOptions {
  manifest: ManifestInput;
  series?: SeriesProvider;
  book?: BookProvider;
}

/**
 * Makes a metadata plugin; `run()` then serves the host.
 *
 * @throws {TypeError} when the manifest is one that the host would refuse, or no provider is given
 */
export function createMetadataPlugin(options: MetadataPluginOptions): Plugin {
  const { manifest, series, book, ...pluginOptions } = options;
  const metadataProvider: ContentType[] = [];
  if (series !== undefined) metadataProvider.push("series");
  if (book !== undefined) metadataProvider.push("book");
  if (metadataProvider.length === 0) {
    throw new TypeError('A metadata plugin needs "series" or "book"');
  }
  return definePlugin({
    ...pluginOptions,
    manifest: completeManifest(manifest, { metadataProvider }),
    methods: { ...seriesMethods(series), ...bookMethods(book) },
  });
}

function seriesMethods(provider: SeriesProvider | undefined): Record<string, Method> {
  if (provider === undefined) return {};
  return withoutAbsent({
    "metadata/series/search": method(
      provider,
      provider.search,
      readSeriesSearch,
      writeSearchAnswer,
    ),
    "metadata/series/get": method(provider, provider.get, readGet, writeSeriesMetadata),
    "metadata/series/match": method(provider, provider.match, readSeriesMatch, writeMatchAnswer),
  });
}

function bookMethods(provider: BookProvider | undefined): Record<string, Method> {
  if (provider === undefined) return {};
  return withoutAbsent({
    "metadata/book/search": method(provider, provider.search, readBookSearch, writeSearchAnswer),
    "metadata/book/get": method(provider, provider.get, readGet, writeBookMetadata),
    "metadata/book/match": method(provider, provider.match, readBookMatch, writeMatchAnswer),
  });
}
