/** What a plugin is told of a series or book to find its record by, and when its word is enough. */
import {
  BookDocument,
  hasMoreCharacters,
  type IgnoredValue,
  type SearchResult,
  SeriesDocument,
  TITLE_CHARACTERS_MAX,
} from "@codex/protocol";
import type { Fields, Kind } from "./document.ts";
import { externalIdsOf } from "./external_ids.ts";
import { bareIsbn } from "./isbn.ts";

/** A match is applied by itself from this confidence on. */
export const CONFIDENCE_MIN = 0.8;
const TITLE_TOLD_MAX = 200;

/** What is known of the thing that is to be matched. */
export interface MatchSubject {
  readonly title: string;
  readonly authors: readonly string[];
  readonly year: number | undefined;
  readonly isbn: string | undefined;
}

export type MatchDecision =
  & (
    | { readonly sure: true; readonly result: SearchResult; readonly confidence: number }
    | { readonly sure: false; readonly reason: string }
  )
  /** What was left out of the plugin's match. */
  & { readonly ignored: readonly IgnoredValue[] };

/** @param query takes the title's place: then the title and ISBN at hand are no evidence */
export function subjectOf(kind: Kind, fields: Fields, query: string | undefined): MatchSubject {
  const document = kind === "series" ? SeriesDocument.parse(fields) : BookDocument.parse(fields);
  const authors = document.authors.map(({ name }) => name);
  const { title = "", year } = document;
  if (query !== undefined) return { title: query, authors, year, isbn: undefined };
  if (!("isbns" in document)) return { title, authors, year, isbn: undefined };
  const isbn = [document.isbn ?? "", ...document.isbns].map(bareIsbn)
    .find((it) => it !== undefined);
  return { title, authors, year, isbn };
}

/** Why a match of this confidence isn't applied. */
export function unsureOf(title: string, confidence: number): string {
  return `The best match, "${shortTitle(title)}", is too unsure: ${confidence.toFixed(2)} of 1, ` +
    `needed are ${CONFIDENCE_MIN.toFixed(2)}`;
}

/** The title of a record that a document names already: its own one, if it isn't too large. */
export function recordTitle(title: string | undefined, storedTitle: string): string {
  return title === undefined || hasMoreCharacters(title, TITLE_CHARACTERS_MAX)
    ? shortTitle(storedTitle)
    : title;
}

/** A title as a plugin gives it, for a message. */
export function shortTitle(title: string): string {
  return title.length > TITLE_TOLD_MAX ? `${title.slice(0, TITLE_TOLD_MAX)}…` : title;
}

/** The record's id that the document has already, of the source the plugin's manifest declares. */
export function knownExternalId(fields: Fields, ownSource: string | undefined): string | undefined {
  if (ownSource === undefined) return undefined;
  return externalIdsOf(fields).find(({ source }) => source === ownSource)?.externalId;
}
