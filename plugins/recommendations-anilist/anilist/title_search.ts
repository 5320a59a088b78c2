/** Finds works by their titles. */
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { numberOf, objectOf, objectsOf } from "./json.ts";
import { TITLE_FIELDS, titlesOf } from "./media.ts";
import { titleSimilarity } from "./title_similarity.ts";

export type TitleMatch =
  | { readonly kind: "found"; readonly mediaId: number }
  /** Nothing is like it. */
  | { readonly kind: "missing" }
  /** Several works are equally like it, and a wrong guess would write into somebody's list. */
  | { readonly kind: "ambiguous"; readonly mediaIds: readonly number[] };

interface Candidate {
  readonly mediaId: number;
  readonly similarity: number;
}

/** Below it, another work of a like name is too likely. */
const SIMILARITY_MIN = 0.9;
/** Works this close can't be told apart by their titles. */
const TIE = 0.02;
/** Searches in a request: well below what AniList lets an operation cost. */
export const SEARCHES_PER_REQUEST = 10;
const CANDIDATES = 5;

/** In one request; `titles[i]` are the names of one work, of which the first is searched for. */
export async function findByTitles(
  call: GraphqlCall,
  titles: readonly (readonly string[])[],
): Promise<TitleMatch[]> {
  if (titles.length === 0) return [];
  const data = await call.query(
    searchOperation(titles.length),
    Object.fromEntries(titles.map(([title = ""], index) => [`t${index}`, title])),
  );
  return titles.map((names, index) => {
    const candidates = objectsOf(objectOf(data[`s${index}`]).media).map((media) => ({
      mediaId: numberOf(media.id) ?? 0,
      similarity: bestSimilarity(names, titlesOf(media)),
    }));
    return bestMatch(candidates);
  });
}

/** Aliased searches `s0`, `s1` … for the variables `t0`, `t1` … */
export function searchOperation(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const variables = numbers.map((number) => `$t${number}: String`).join(", ");
  const searches = numbers.map((number) =>
    `s${number}: Page(page: 1, perPage: ${CANDIDATES}) {
      media(search: $t${number}, type: MANGA, sort: [SEARCH_MATCH]) { id ${TITLE_FIELDS} }
    }`
  );
  return `query (${variables}) {\n${searches.join("\n")}\n}`;
}

export function bestMatch(candidates: readonly Candidate[]): TitleMatch {
  const alike = candidates
    .filter(({ similarity }) => similarity >= SIMILARITY_MIN)
    .toSorted((a, b) => b.similarity - a.similarity);
  const [best] = alike;
  if (best === undefined) return { kind: "missing" };
  const ties = alike.filter(({ similarity }) => best.similarity - similarity < TIE);
  const mediaIds = [...new Set(ties.map(({ mediaId }) => mediaId))];
  return mediaIds.length === 1
    ? { kind: "found", mediaId: best.mediaId }
    : { kind: "ambiguous", mediaIds };
}

function bestSimilarity(names: readonly string[], titles: readonly string[]): number {
  const similarities = names.flatMap((name) => titles.map((title) => titleSimilarity(name, title)));
  return Math.max(0, ...similarities);
}
