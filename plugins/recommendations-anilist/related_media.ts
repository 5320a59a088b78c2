/** What AniList's readers recommend to who likes a work. */
import type { GraphqlCall } from "@codex/plugin-sdk/graphql";
import { type JsonObject, numberOf, objectOf, objectsOf } from "./anilist/json.ts";
import { TITLE_FIELDS } from "./anilist/media.ts";
import { SEEDS_MAX } from "./seeds.ts";

const RECOMMENDATIONS_PER_WORK = 10;

export const RELATED_OPERATION = `query ($ids: [Int], $perPage: Int) {
  Page(page: 1, perPage: $perPage) {
    media(id_in: $ids, type: MANGA) {
      id
      recommendations(sort: [RATING_DESC], perPage: ${RECOMMENDATIONS_PER_WORK}) {
        nodes {
          rating
          mediaRecommendation {
            id type ${TITLE_FIELDS} format status description(asHtml: false)
            startDate { year } chapters volumes countryOfOrigin
            coverImage { extraLarge large } genres averageScore meanScore popularity isAdult
            tags { name rank category isGeneralSpoiler isMediaSpoiler }
            mediaListEntry { status } siteUrl
          }
        }
      }
    }
  }
}`;

/** One recommendation of AniList's readers. */
export interface Related {
  /** Of the work that it goes out from. */
  readonly seedId: number;
  /** 0..1: how strongly, beside the strongest of the same work. */
  readonly strength: number;
  readonly media: JsonObject;
}

/** In one request, for up to `SEEDS_MAX` works. */
export async function readRelated(
  call: GraphqlCall,
  ids: readonly number[],
): Promise<Related[]> {
  if (ids.length === 0) return [];
  const { Page } = await call.query(RELATED_OPERATION, { ids, perPage: SEEDS_MAX });
  return objectsOf(objectOf(Page).media).flatMap(relatedOf);
}

/** Ratings are votes for less votes against: what more people reject says nothing good. */
export function relatedOf(seed: JsonObject): Related[] {
  const nodes = objectsOf(objectOf(seed.recommendations).nodes).filter((node) =>
    (numberOf(node.rating) ?? 0) > 0 && objectOf(node.mediaRecommendation).type === "MANGA"
  );
  const strongest = Math.max(...nodes.map(({ rating }) => numberOf(rating) ?? 0));
  return nodes.map((node) => ({
    seedId: numberOf(seed.id) ?? 0,
    strength: (numberOf(node.rating) ?? 0) / strongest,
    media: objectOf(node.mediaRecommendation),
  }));
}
