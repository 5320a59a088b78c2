/** From a library to recommendations: seeds, what they lead to, what is left of it. */
import type { LibraryEntry, Recommendation, RecommendationParams } from "@codex/plugin-sdk";
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { numberOf } from "./anilist/json.ts";
import { findByTitles, SEARCHES_PER_REQUEST } from "./anilist/title_search.ts";
import { isKnownToReader, passes } from "./filtering.ts";
import { rank } from "./ranking.ts";
import { recommendationOf } from "./recommending.ts";
import { readRelated, type Related } from "./related_media.ts";
import { chooseSeeds, mediaIdOf, type Seed } from "./seeds.ts";
import type { Filters } from "./settings.ts";

export interface RecommendScope {
  readonly call: GraphqlCall;
  readonly filters: Filters;
  readonly dismissed: ReadonlySet<string>;
}

type FoundSeed = Seed & { readonly mediaId: number };

const LIMIT_DEFAULT = 20;

/** One request to AniList, and one before it when seeds have to be found by their titles. */
export async function recommend(
  { library, limit = LIMIT_DEFAULT, excludeIds }: RecommendationParams,
  { call, filters, dismissed }: RecommendScope,
): Promise<Recommendation[]> {
  const seeds = await findSeeds(chooseSeeds(library), call);
  // The best liked first, so of two seeds of one work the better liked stays.
  const seedOf = new Map(seeds.toReversed().map((seed) => [seed.mediaId, seed]));
  const weights = new Map([...seedOf].map(([mediaId, { weight }]) => [mediaId, weight]));
  const owned = ownedSeries(library);
  const unwanted = new Set([...excludeIds, ...dismissed]);

  const isWanted = ({ media }: Related) => {
    const mediaId = numberOf(media.id) ?? 0;
    const isRead = seedOf.has(mediaId) || (owned.get(mediaId)?.booksRead ?? 0) > 0;
    return !isRead && !unwanted.has(String(mediaId)) && !isKnownToReader(media) &&
      passes(media, filters);
  };
  const related = (await readRelated(call, [...seedOf.keys()])).filter(isWanted);
  return rank(related, weights).slice(0, limit).map((found) => {
    const titles = found.seedIds.map((id) => seedOf.get(id)?.entry.title ?? "");
    return recommendationOf(found, titles, owned.get(found.mediaId)?.seriesId);
  });
}

/** Those without an id are searched for by all their titles, the best liked of them. */
async function findSeeds(seeds: readonly Seed[], call: GraphqlCall): Promise<FoundSeed[]> {
  const searched = seeds.filter(({ mediaId }) => mediaId === undefined)
    .slice(0, SEARCHES_PER_REQUEST);
  const titles = searched.map(({ entry }) => [entry.title, ...entry.alternateTitles]);
  const matches = await findByTitles(call, titles);
  const foundIds = new Map<Seed, number>();
  for (const [index, seed] of searched.entries()) {
    const match = matches[index];
    if (match?.kind === "found") foundIds.set(seed, match.mediaId);
  }
  return seeds.flatMap((seed) => {
    const mediaId = seed.mediaId ?? foundIds.get(seed);
    return mediaId === undefined ? [] : [{ ...seed, mediaId }];
  });
}

/** Of several copies of a work, the one that was read furthest. */
function ownedSeries(library: readonly LibraryEntry[]): Map<number, LibraryEntry> {
  const owned = new Map<number, LibraryEntry>();
  for (const entry of library) {
    const mediaId = mediaIdOf(entry);
    if (mediaId === undefined) continue;
    const other = owned.get(mediaId);
    if (other === undefined || other.booksRead < entry.booksRead) owned.set(mediaId, entry);
  }
  return owned;
}
