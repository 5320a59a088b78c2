/**
 * How surely a search result is what was asked for, where a plugin can search but not match.
 *
 * The confidence comes from likeness alone: a well-filled record of another book is not a match
 * (external-services.md).
 */
import type { SearchResult } from "@codex/protocol";
import { shareAuthor, titleSimilarity } from "./similarity.ts";

export interface Wanted {
  readonly title: string;
  readonly authors: readonly string[];
  readonly year?: number | undefined;
}

export interface ScoredMatch {
  readonly match?: SearchResult;
  /** From 0 to 1, in hundredths. */
  readonly confidence: number;
  /** The other results, most alike first. */
  readonly alternatives: SearchResult[];
}

/** From this confidence on, library applies a match by itself. */
export const SURE_MIN = 0.8;
/** Below this the best result is no match, only the first alternative. */
const MATCH_MIN = 0.5;
/** Two results nearer to each other than this can't be told apart. */
const DISTANCE_MIN = 0.03;
/** The confidence that such a pair allows: a person has to choose. */
const TIED_MAX = SURE_MIN - 0.01;
/** The same title by somebody else is another work. */
const OTHER_AUTHOR_MAX = 0.4;
/** A plugin may name any number of titles and authors: the first count. */
const NAMES_MAX = 50;

/**
 * The result that is most alike, and how sure that is.
 *
 * @param foundByIsbn the plugin gave `results` for the ISBN of what is wanted
 */
export function bestMatch(
  wanted: Wanted,
  results: readonly SearchResult[],
  foundByIsbn: boolean,
): ScoredMatch {
  const ranked = results
    .map((result) => ({ result, confidence: confidenceOf(wanted, result, foundByIsbn) }))
    .sort((left, right) => right.confidence - left.confidence);
  const [best] = ranked;
  const alternatives = ranked.map(({ result }) => result);
  if (best === undefined || best.confidence < MATCH_MIN) {
    return { confidence: best?.confidence ?? 0, alternatives };
  }
  const { externalId } = best.result;
  const second = ranked.find(({ result }) => result.externalId !== externalId);
  const isTied = second !== undefined && best.confidence - second.confidence < DISTANCE_MIN;
  const confidence = isTied ? Math.min(best.confidence, TIED_MAX) : best.confidence;
  return { match: best.result, confidence, alternatives: alternatives.slice(1) };
}

/** 0 to 1: the title's likeness, raised or lowered by what else is known on both sides. */
export function confidenceOf(wanted: Wanted, result: SearchResult, foundByIsbn: boolean): number {
  const titles = [result.title, ...result.alternateTitles.slice(0, NAMES_MAX)];
  const likeness = Math.max(...titles.map((it) => titleSimilarity(wanted.title, it)));
  const found = result.preview?.authors ?? [];
  const sameAuthor = shareAuthor(wanted.authors.slice(0, NAMES_MAX), found.slice(0, NAMES_MAX));
  if (sameAuthor === false) return inHundredths(Math.min(OTHER_AUTHOR_MAX, likeness));

  let confidence = 0.85 * likeness;
  if (sameAuthor) confidence += 0.1;
  confidence += yearEvidence(wanted.year, result.year);
  // An edition's title can differ much from the work's; then the author must speak for it.
  if (foundByIsbn && (sameAuthor || likeness >= 0.5)) confidence = Math.max(confidence + 0.1, 0.9);
  return inHundredths(confidence);
}

/** Editions appear years after the work: a later year is weak evidence against, a near one for. */
function yearEvidence(left: number | undefined, right: number | undefined): number {
  if (left === undefined || right === undefined) return 0;
  const distance = Math.abs(left - right);
  if (distance <= 1) return 0.05;
  return distance <= 3 ? 0 : -0.1;
}

function inHundredths(confidence: number): number {
  return Math.round(Math.min(1, Math.max(0, confidence)) * 100) / 100;
}
