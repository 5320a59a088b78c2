/** Works as AniList describes them. */
import { type JsonObject, objectOf, textOf, textsOf } from "./json.ts";

/** Fields that `titlesOf` and `displayTitle` read. */
export const TITLE_FIELDS = "title { romaji english native } synonyms";

/** Every title, in the order in which people know them; none may be there. */
export function titlesOf(media: JsonObject): string[] {
  const { romaji, english, native } = objectOf(media.title);
  const titles = [textOf(english), textOf(romaji), textOf(native)];
  return [...titles.filter((title) => title !== undefined), ...textsOf(media.synonyms)];
}

export function displayTitle(media: JsonObject): string | undefined {
  return titlesOf(media)[0];
}

/** The id of a work, as its plugins write it; undefined for one of another form. */
export function parseMediaId(externalId: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(externalId) ? Number(externalId) : undefined;
}
