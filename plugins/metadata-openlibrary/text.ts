/** Reads text out of Open Library's loosely shaped JSON: anything may be missing or of another type. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object, or an empty one for anything else. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Trimmed text of a string or of `{type: "/type/text", value}`: both forms occur for `description`,
 * `bio` and `notes`. Undefined when there is none.
 */
export function textOf(value: unknown): string | undefined {
  const text = isObject(value) ? value.value : value;
  if (typeof text !== "string") return undefined;
  const trimmed = text.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** The texts of a list, each once, in order; a lone text reads as a list of one. */
export function textsOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : [value];
  const texts = items.map(textOf).filter((text) => text !== undefined);
  return [...new Set(texts)];
}

/** A whole number above zero. */
export function positiveIntegerOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}

const DESCRIPTION_CHARACTERS_MAX = 20_000;

/**
 * A description without what its editors appended: a rule of dashes with links to related works, and
 * the marker of the source ("([source][1])" with its link at the end, both Markdown).
 */
export function descriptionOf(value: unknown): string | undefined {
  return textOf(
    textOf(value)
      ?.slice(0, DESCRIPTION_CHARACTERS_MAX)
      .replaceAll("\r\n", "\n")
      .split(/\n[ \t]*-{5,}/)[0]
      ?.replaceAll(/\(\[source\]\[\d+\]\)|\[source\]\([^)\s]*\)/gi, "")
      .replaceAll(/^[ \t]*\[\d+\]:[ \t]*\S+[ \t]*$/gm, ""),
  );
}
