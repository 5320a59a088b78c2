/** What a user decides about their own connection: the reserved part `_codex` of its configuration. */
import { z } from "zod";
import { RESERVED_CONFIG_KEY } from "../lifecycle.ts";

export const SyncDirection = z.enum(["both", "pull", "push"]);
export type SyncDirection = z.infer<typeof SyncDirection>;

const settings = {
  /** Push series of which all local books are read. */
  includeCompleted: z.boolean(),
  /** Push series of which at least one book is started. */
  includeInProgress: z.boolean(),
  /** Count started books as read. */
  countPartialProgress: z.boolean(),
  /** Scores and notes, in both directions. */
  syncRatings: z.boolean(),
  /** Push series that the service is to find by their title. */
  searchFallback: z.boolean(),
  /** Send the custom metadata of series, where the administrator lets the plugin have all metadata. */
  sendCustomMetadata: z.boolean(),
  direction: SyncDirection,
};

/** As a user sets them: every name is known, what is not named keeps its default. */
export const SyncSettingsChange = z.strictObject(settings).partial();

/** Defaults filled in; what is stored and no longer valid reads as its default. */
export const SyncSettings = z.object({
  includeCompleted: settings.includeCompleted.default(true).catch(true),
  includeInProgress: settings.includeInProgress.default(true).catch(true),
  countPartialProgress: settings.countPartialProgress.default(false).catch(false),
  syncRatings: settings.syncRatings.default(true).catch(true),
  searchFallback: settings.searchFallback.default(false).catch(false),
  sendCustomMetadata: settings.sendCustomMetadata.default(false).catch(false),
  direction: SyncDirection.default("both").catch("both"),
});
export type SyncSettings = z.infer<typeof SyncSettings>;

/** @param config of a connection */
export function syncSettingsOf(config: Readonly<Record<string, unknown>>): SyncSettings {
  const stored = config[RESERVED_CONFIG_KEY];
  const isObject = typeof stored === "object" && stored !== null && !Array.isArray(stored);
  return SyncSettings.parse(isObject ? stored : {});
}
