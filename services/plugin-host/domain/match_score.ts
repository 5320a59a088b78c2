/**
 * How alike a search result is to what was asked for, where a plugin can search but not match.
 *
 * The confidence comes from similarity alone: a well-filled record of another book is no match.
 */
import type { SearchResult } from "@codex/protocol";

export interface Wanted {
  readonly title: string;
  readonly authors: readonly string[];
  readonly year?: number | undefined;
}

/** Below this the best result is no match, only the first alternative. */
const CONFIDENCE_MIN = 0.5;
/** A year off by one is often another edition's; more is mostly another work. */
const YEAR_FACTORS = [1, 0.95];
const OTHER_YEAR_FACTOR = 0.7;
const OTHER_AUTHOR_FACTOR = 0.4;
/** Names are written in many ways; less alike than this is another person. */
const SAME_AUTHOR_MIN = 0.6;

export interface ScoredMatch {
  readonly match?: SearchResult;
  /** From 0 to 1. */
  readonly confidence: number;
  /** The other results, most alike first. */
  readonly alternatives: SearchResult[];
}

export function bestMatch(wanted: Wanted, results: readonly SearchResult[]): ScoredMatch {
  const scored = results
    .map((result) => ({ result, score: scoreOf(wanted, result) }))
    .sort((a, b) => b.score - a.score);
  const [best] = scored;
  const ranked = scored.map(({ result }) => result);
  if (best === undefined || best.score < CONFIDENCE_MIN) {
    return { confidence: best?.score ?? 0, alternatives: ranked };
  }
  return { match: best.result, confidence: best.score, alternatives: ranked.slice(1) };
}

export function scoreOf(wanted: Wanted, result: SearchResult): number {
  const titles = [result.title, ...result.alternateTitles];
  const title = Math.max(...titles.map((it) => similarity(wanted.title, it)));
  return title * yearFactor(wanted.year, result.year) *
    authorFactor(wanted.authors, result.preview?.authors ?? []);
}

/** Unknown on either side says nothing. */
function yearFactor(wanted: number | undefined, found: number | undefined): number {
  if (wanted === undefined || found === undefined) return 1;
  return YEAR_FACTORS[Math.abs(wanted - found)] ?? OTHER_YEAR_FACTOR;
}

function authorFactor(wanted: readonly string[], found: readonly string[]): number {
  if (wanted.length === 0 || found.length === 0) return 1;
  const isShared = wanted.some((author) =>
    found.some((other) => similarity(inOrder(author), inOrder(other)) >= SAME_AUTHOR_MIN)
  );
  return isShared ? 1 : OTHER_AUTHOR_FACTOR;
}

/** `Tolkien, J.R.R.` and `J. R. R. Tolkien` have the same words. */
function inOrder(name: string): string {
  return normalize(name).split(" ").sort().join(" ");
}

/** Sørensen–Dice coefficient over the pairs of letters of both texts, from 0 to 1. */
function similarity(a: string, b: string): number {
  const [left, right] = [normalize(a), normalize(b)];
  if (left === right) return left === "" ? 0 : 1;
  const pairs = pairsOf(left);
  let shared = 0;
  for (const pair of pairsOf(right)) {
    const at = pairs.indexOf(pair);
    if (at === -1) continue;
    pairs.splice(at, 1);
    shared++;
  }
  const total = Math.max(0, left.length - 1) + Math.max(0, right.length - 1);
  return total === 0 ? 0 : 2 * shared / total;
}

/** Longer texts are compared by their beginning: results are a plugin's and may be of any length. */
const COMPARED_LENGTH_MAX = 300;

function normalize(text: string): string {
  const words = text.slice(0, COMPARED_LENGTH_MAX).normalize("NFKD").toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return words.replace(/^(the|an?) (?=.)/, "");
}

function pairsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));
}
