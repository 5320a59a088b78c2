/** Which works are recommended at all. */
import { type JsonObject, numberOf, objectOf, textOf, textsOf } from "./anilist/json.ts";
import type { Filters } from "./settings.ts";

export function passes(media: JsonObject, filters: Filters): boolean {
  const { genres, formats, countries, minimumScore, includeAdult } = filters;
  if (media.isAdult === true && !includeAdult) return false;
  if (genres.length > 0 && !textsOf(media.genres).some((genre) => isIn(genres, genre))) {
    return false;
  }
  if (formats.length > 0 && !isIn(formats, media.format)) return false;
  if (countries.length > 0 && !isIn(countries, media.countryOfOrigin)) return false;
  const score = numberOf(media.averageScore) ?? numberOf(media.meanScore) ?? 0;
  return score >= minimumScore;
}

/** On the reader's list at AniList, and more than planned: they know it. */
export function isKnownToReader(media: JsonObject): boolean {
  const status = textOf(objectOf(media.mediaListEntry).status);
  return status !== undefined && status !== "PLANNING";
}

function isIn(words: readonly string[], value: unknown): boolean {
  return typeof value === "string" && words.includes(value.toLowerCase());
}
