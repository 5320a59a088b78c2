/** Puts answers of metadata handlers into the protocol's form, and refuses what the host would. */
import { InternalError } from "./errors.ts";
import { isRecord } from "./json_rpc.ts";
import type {
  BookMetadata,
  MatchAnswer,
  SearchAnswer,
  SearchResult,
  SeriesMetadata,
} from "./metadata.ts";

/** Each throws InternalError for what only an author without type checking can return. */

export function writeSearchAnswer(answer: SearchAnswer): SearchAnswer {
  if (!isRecord(answer) || !Array.isArray(answer.results)) {
    throw new InternalError('"search" must return {results: [...]}');
  }
  return { ...answer, results: answer.results.map(writeSearchResult) };
}

export function writeMatchAnswer(answer: MatchAnswer): MatchAnswer {
  if (!isRecord(answer) || !isFraction(answer.confidence)) {
    throw new InternalError(
      '"match" must return {match, confidence} with a confidence from 0 to 1',
    );
  }
  return {
    ...answer,
    match: answer.match === null ? null : writeSearchResult(answer.match),
    alternatives: (answer.alternatives ?? []).map(writeSearchResult),
  };
}

export function writeSeriesMetadata(metadata: SeriesMetadata): SeriesMetadata {
  requireExternalId(metadata, "get");
  return { ...metadata, ...sharedLists(metadata) };
}

export function writeBookMetadata(metadata: BookMetadata): BookMetadata {
  requireExternalId(metadata, "get");
  return {
    ...metadata,
    ...sharedLists(metadata),
    isbns: metadata.isbns ?? [],
    subjects: metadata.subjects ?? [],
    covers: metadata.covers ?? [],
    awards: metadata.awards ?? [],
  };
}

function sharedLists(metadata: SeriesMetadata | BookMetadata) {
  return {
    alternateTitles: metadata.alternateTitles ?? [],
    genres: metadata.genres ?? [],
    tags: metadata.tags ?? [],
    authors: metadata.authors ?? [],
    artists: metadata.artists ?? [],
    externalRatings: metadata.externalRatings ?? [],
    externalLinks: metadata.externalLinks ?? [],
    externalIds: metadata.externalIds ?? [],
  };
}

function writeSearchResult(result: SearchResult): SearchResult {
  requireExternalId(result, "search");
  if (typeof result.title !== "string") {
    throw new InternalError(`Result "${result.externalId}" needs a "title"`);
  }
  const { preview } = result;
  return {
    ...result,
    alternateTitles: result.alternateTitles ?? [],
    preview: preview &&
      { ...preview, genres: preview.genres ?? [], authors: preview.authors ?? [] },
  };
}

function requireExternalId(value: { externalId: string }, handler: string): void {
  if (isRecord(value) && typeof value.externalId === "string" && value.externalId !== "") return;
  throw new InternalError(`What "${handler}" returns needs an "externalId"`);
}

function isFraction(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 1;
}
