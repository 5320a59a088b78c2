/** Puts what the seeds lead to together and in order. */
import { type JsonObject, numberOf } from "./anilist/json.ts";
import type { Related } from "./related_media.ts";

export interface Ranked {
  readonly mediaId: number;
  readonly media: JsonObject;
  /** 0..1; 1 is the best of this answer. */
  readonly score: number;
  /** Ids of the works that led to it, the strongest first. */
  readonly seedIds: readonly number[];
}

interface Collected {
  readonly media: JsonObject;
  readonly shares: { readonly seedId: number; readonly share: number }[];
}

/**
 * Best first. What several seeds lead to adds up; a seed counts as much as the reader likes it.
 *
 * @param weights 0..1 by id of the seed
 */
export function rank(related: readonly Related[], weights: ReadonlyMap<number, number>): Ranked[] {
  const collected = new Map<number, Collected>();
  for (const { seedId, strength, media } of related) {
    const id = numberOf(media.id);
    if (id === undefined) continue;
    const found = collected.get(id) ?? { media, shares: [] };
    found.shares.push({ seedId, share: strength * (weights.get(seedId) ?? 0) });
    collected.set(id, found);
  }
  const ranked = [...collected].map(([mediaId, { media, shares }]) => ({
    mediaId,
    media,
    score: shares.reduce((sum, { share }) => sum + share, 0),
    seedIds: shares.toSorted((a, b) => b.share - a.share).map(({ seedId }) => seedId),
  }));
  const best = Math.max(0, ...ranked.map(({ score }) => score));
  return ranked
    .map((found) => ({ ...found, score: best === 0 ? 0 : rounded(found.score / best) }))
    .sort((a, b) =>
      b.score - a.score || scoreOf(b.media) - scoreOf(a.media) || a.mediaId - b.mediaId
    );
}

function rounded(score: number): number {
  return Math.round(score * 10_000) / 10_000;
}

function scoreOf(media: JsonObject): number {
  return numberOf(media.averageScore) ?? 0;
}
