/** The settings of each reader: what is written to their list. */
import { type ConfigSchema, type JsonValue, SettingsReader } from "@codex/plugin-sdk";

const PROGRESS_UNITS = ["volumes", "chapters"] as const;

export interface Settings {
  /** What a book is, where its own number doesn't tell. */
  readonly progressUnit: typeof PROGRESS_UNITS[number];
  /** A series not read for so many days is paused; 0: never. */
  readonly pauseAfterDays: number;
  /** The same for dropping, which wins where both are due. */
  readonly dropAfterDays: number;
  /** True: entries that are written become private. False changes nothing about it. */
  readonly private: boolean;
  /** True: entries that are written are hidden from the status lists. False changes nothing. */
  readonly hiddenFromStatusLists: boolean;
}

const DAYS_MAX = 3_650;

export const userConfigSchema: ConfigSchema = {
  fields: [
    {
      key: "progressUnit",
      label: "Books are",
      description: "volumes or chapters: what a book counts as when its number doesn't tell",
      type: "string",
      default: "volumes",
      example: "chapters",
    },
    {
      key: "pauseAfterDays",
      label: "Pause after days",
      description: "Marks series as paused that were not read for so long; 0 is never",
      type: "number",
      default: 0,
    },
    {
      key: "dropAfterDays",
      label: "Drop after days",
      description: "Marks series as dropped that were not read for so long; 0 is never",
      type: "number",
      default: 0,
    },
    {
      key: "private",
      label: "Private",
      description: "Makes entries private when they are written; off leaves them as they are",
      type: "boolean",
      default: false,
    },
    {
      key: "hiddenFromStatusLists",
      label: "Hide from status lists",
      description: "Entries then show in custom lists only; off leaves them as they are",
      type: "boolean",
      default: false,
    },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const reader = new SettingsReader(config);
  const settings = {
    progressUnit: reader.choice("progressUnit", PROGRESS_UNITS, "volumes"),
    pauseAfterDays: reader.integer("pauseAfterDays", { fallback: 0, max: DAYS_MAX }),
    dropAfterDays: reader.integer("dropAfterDays", { fallback: 0, max: DAYS_MAX }),
    private: reader.flag("private", false),
    hiddenFromStatusLists: reader.flag("hiddenFromStatusLists", false),
  };
  reader.done();
  return settings;
}
