/** The settings of each reader: what they want to see. */
import { type ConfigSchema, type JsonValue, SettingsReader } from "@codex/plugin-sdk";

export interface Filters {
  /** Lowercase; at least one of them; empty: any. */
  readonly genres: readonly string[];
  /** AniList's words in lowercase: manga, novel, one_shot; empty: any. */
  readonly formats: readonly string[];
  /** ISO 3166-1 alpha-2 in lowercase; empty: any. */
  readonly countries: readonly string[];
  /** 0..100: the average score at AniList; works without one pass at 0 only. */
  readonly minimumScore: number;
  readonly includeAdult: boolean;
}

export const userConfigSchema: ConfigSchema = {
  fields: [
    {
      key: "genres",
      label: "Genres",
      description: "Only works with one of these; empty is any",
      type: "string-array",
      default: [],
      example: ["Mystery", "Drama"],
    },
    {
      key: "formats",
      label: "Formats",
      description: "MANGA, NOVEL, ONE_SHOT; empty is any",
      type: "string-array",
      default: [],
      example: ["MANGA"],
    },
    {
      key: "countries",
      label: "Countries of origin",
      description: "Codes such as JP, KR, CN; empty is any",
      type: "string-array",
      default: [],
      example: ["JP"],
    },
    {
      key: "minimumScore",
      label: "Minimum score",
      description: "Average score at AniList, 0 to 100",
      type: "number",
      default: 0,
      example: 70,
    },
    { key: "includeAdult", label: "Include adult works", type: "boolean", default: false },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readFilters(config: Readonly<Record<string, JsonValue>>): Filters {
  const reader = new SettingsReader(config);
  const words = (key: string) => reader.texts(key).map((text) => text.toLowerCase());
  const filters = {
    genres: words("genres"),
    formats: words("formats"),
    countries: words("countries"),
    minimumScore: reader.integer("minimumScore", { fallback: 0, max: 100 }),
    includeAdult: reader.flag("includeAdult", false),
  };
  reader.done();
  return filters;
}
