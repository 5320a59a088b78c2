/** A ranked work of AniList as a recommendation of Codex. */
import type { Recommendation, RecommendationTag } from "@codex/plugin-sdk";
import { type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from "./anilist/json.ts";
import { displayTitle } from "./anilist/media.ts";
import type { Ranked } from "./ranking.ts";

const SUMMARY_CHARACTERS_MAX = 2_000;
const BASED_ON_MAX = 3;
const TAGS_MAX = 15;

/** AniList's words → those of Codex's metadata; new ones may appear. */
const STATUSES: Readonly<Record<string, string>> = {
  FINISHED: "ended",
  RELEASING: "ongoing",
  HIATUS: "hiatus",
  CANCELLED: "abandoned",
};

/**
 * @param titles of the reader's own series that led to it, the strongest first
 * @param codexSeriesId of the series of the library that it is
 */
export function recommendationOf(
  { mediaId, media, score }: Ranked,
  titles: readonly string[],
  codexSeriesId: string | undefined,
): Recommendation {
  const cover = objectOf(media.coverImage);
  return {
    externalId: String(mediaId),
    externalUrl: textOf(media.siteUrl) ?? `https://anilist.co/manga/${mediaId}`,
    title: displayTitle(media) ?? `Manga ${mediaId}`,
    coverUrl: textOf(cover.extraLarge) ?? textOf(cover.large),
    summary: summaryOf(media.description),
    genres: textsOf(media.genres),
    tags: tagsOf(media.tags),
    score,
    reason: reasonOf(titles),
    basedOn: titles.slice(0, BASED_ON_MAX),
    codexSeriesId,
    inLibrary: codexSeriesId !== undefined,
    status: STATUSES[textOf(media.status) ?? ""] ?? "unknown",
    format: textOf(media.format),
    countryOfOrigin: textOf(media.countryOfOrigin),
    startYear: numberOf(objectOf(media.startDate).year),
    totalVolumeCount: numberOf(media.volumes),
    totalChapterCount: numberOf(media.chapters),
    rating: numberOf(media.averageScore) ?? numberOf(media.meanScore),
    popularity: numberOf(media.popularity),
  };
}

/** For instance "Readers of Dune, Emma and 2 more of yours like it". */
export function reasonOf(titles: readonly string[]): string {
  const [first = "", second, ...others] = titles;
  if (second === undefined) return `Readers of ${first} like it`;
  if (others.length === 0) return `Readers of ${first} and ${second} like it`;
  return `Readers of ${first}, ${second} and ${others.length} more of yours like it`;
}

/** AniList's descriptions carry some HTML, whatever they are asked for as. */
export function summaryOf(description: unknown): string | undefined {
  const text = textOf(description)
    ?.slice(0, 4 * SUMMARY_CHARACTERS_MAX)
    .replaceAll(/<br\s*\/?>\s*/gi, "\n")
    .replaceAll(/<\/?[a-z][^<>]*>/gi, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
  if (text === undefined || text.length <= SUMMARY_CHARACTERS_MAX) return textOf(text);
  return `${text.slice(0, SUMMARY_CHARACTERS_MAX - 1).trimEnd()}…`;
}

/** Without those that give the story away. */
function tagsOf(tags: unknown): RecommendationTag[] {
  return objectsOf(tags)
    .filter((tag) => tag.isGeneralSpoiler !== true && tag.isMediaSpoiler !== true)
    .map((tag: JsonObject) => ({
      name: textOf(tag.name) ?? "",
      rank: numberOf(tag.rank),
      category: textOf(tag.category),
    }))
    .filter(({ name }) => name !== "")
    .slice(0, TAGS_MAX);
}
