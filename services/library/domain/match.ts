/**
 * Which of a plugin's search results is the series or book at hand. The confidence comes from likeness
 * alone: a well-filled record of another book is not a match (external-services.md).
 */
import { BookDocument, type SearchResult, SeriesDocument } from "@codex/protocol";
import { externalIdsOf } from "./external_ids.ts";
import type { Fields, Kind } from "./document.ts";
import { bareIsbn } from "./isbn.ts";
import { shareAuthor, titleSimilarity } from "./similarity.ts";

/** A match is applied by itself from this confidence on. */
export const CONFIDENCE_MIN = 0.8;
/** Two results nearer to each other than this can't be told apart. */
const DISTANCE_MIN = 0.03;

/** What is known of the thing that is to be matched. */
export interface MatchSubject {
  /** The first is searched for. */
  readonly titles: readonly string[];
  readonly authors: readonly string[];
  readonly year: number | undefined;
  readonly isbn: string | undefined;
}

export type MatchDecision =
  | { readonly sure: true; readonly result: SearchResult; readonly confidence: number }
  | { readonly sure: false; readonly reason: string };

/** @param query takes the title's place: then the title and ISBN at hand are no evidence */
export function subjectOf(kind: Kind, fields: Fields, query: string | undefined): MatchSubject {
  const document = kind === "series" ? SeriesDocument.parse(fields) : BookDocument.parse(fields);
  const authors = document.authors.map(({ name }) => name);
  const { year } = document;
  if (query !== undefined) return { titles: [query], authors, year, isbn: undefined };
  const titles = [document.title ?? "", ...document.alternateTitles.map(({ title }) => title)];
  if (!("isbns" in document)) return { titles, authors, year, isbn: undefined };
  if (document.originalTitle !== undefined) titles.push(document.originalTitle);
  if (document.subtitle !== undefined) titles.push(`${document.title}: ${document.subtitle}`);
  const isbn = [document.isbn ?? "", ...document.isbns].map(bareIsbn).find((it) =>
    it !== undefined
  );
  return { titles, authors, year, isbn };
}

/** The best result, if it is good enough and no other is as good. */
export function chooseResult(
  subject: MatchSubject,
  results: readonly SearchResult[],
  foundByIsbn: boolean,
): MatchDecision {
  const ranked = results
    .map((result) => ({ result, confidence: confidenceOf(subject, result, foundByIsbn) }))
    .sort((left, right) => right.confidence - left.confidence);
  const [best, second] = ranked;
  if (best === undefined) return { sure: false, reason: "The plugin found nothing" };
  if (best.confidence < CONFIDENCE_MIN) {
    return { sure: false, reason: unsureOf(best.result.title, best.confidence) };
  }
  if (second !== undefined && best.confidence - second.confidence < DISTANCE_MIN) {
    const titles = `"${best.result.title}" and "${second.result.title}"`;
    return { sure: false, reason: `${titles} fit equally well: choose one` };
  }
  return { sure: true, ...best };
}

/** Why a match of this confidence isn't applied. */
export function unsureOf(title: string, confidence: number): string {
  return `The best match, "${title}", is too unsure: ${confidence.toFixed(2)} of 1, ` +
    `needed are ${CONFIDENCE_MIN.toFixed(2)}`;
}

/** 0 to 1: the title's likeness, raised or lowered by what else is known on both sides. */
export function confidenceOf(
  subject: MatchSubject,
  result: SearchResult,
  foundByIsbn: boolean,
): number {
  const titles = [result.title, ...result.alternateTitles];
  const likeness = Math.max(
    0,
    ...subject.titles.flatMap((own) => titles.map((other) => titleSimilarity(own, other))),
  );
  const sameAuthor = shareAuthor(subject.authors, result.preview?.authors ?? []);
  if (sameAuthor === false) return Math.min(0.5, likeness);

  let confidence = 0.85 * likeness;
  if (sameAuthor) confidence += 0.1;
  confidence += yearEvidence(subject.year, result.year);
  // An edition's title can differ much from the work's; then the author must speak for it.
  if (foundByIsbn && (sameAuthor || likeness >= 0.5)) confidence = Math.max(confidence + 0.1, 0.9);
  return Math.round(Math.min(1, Math.max(0, confidence)) * 100) / 100;
}

/** Editions appear years after the work: a later year is weak evidence against, a near one for. */
function yearEvidence(left: number | undefined, right: number | undefined): number {
  if (left === undefined || right === undefined) return 0;
  const distance = Math.abs(left - right);
  if (distance <= 1) return 0.05;
  return distance <= 3 ? 0 : -0.1;
}

/** The record's id that the document has already, of the source the plugin's manifest declares. */
export function knownExternalId(fields: Fields, ownSource: string | undefined): string | undefined {
  if (ownSource === undefined) return undefined;
  return externalIdsOf(fields).find(({ source }) => source === ownSource)?.externalId;
}
