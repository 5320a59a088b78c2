/** One act of writing: whose it is, when, and what it leaves behind as provenance. */
import type {
  HistoryEntry,
  Locks as LocksSchema,
  PluginSummary,
  Provenance,
  ProvenanceMap as ProvenanceMapSchema,
  UserId,
} from "@codex/protocol";
import type { z } from "zod";

export type Locks = z.infer<typeof LocksSchema>;
export type ProvenanceMap = z.infer<typeof ProvenanceMapSchema>;

/** What a history entry says of the act itself. */
export type Act = Omit<HistoryEntry, "id" | "changes" | "revertedAt">;

export function userAct(userId: UserId, at: string): Act {
  return { source: "user", at, userId };
}

export function revertAct(userId: UserId, at: string): Act {
  return { source: "revert", at, userId };
}

/** @param userId who asked for it */
export function pluginAct(
  plugin: PluginSummary,
  externalId: string,
  userId: UserId | undefined,
  at: string,
): Act {
  const version = plugin.manifest?.version;
  return {
    source: "plugin",
    at,
    pluginId: plugin.id,
    pluginName: plugin.name,
    externalId,
    ...(version !== undefined && { pluginVersion: version }),
    ...(userId !== undefined && { userId }),
  };
}

/** Provenance of each field an act wrote. A plugin's values are the plugin's, whoever asked for them. */
export function provenanceOf(act: Act): Provenance {
  const { source, userId, ...rest } = act;
  if (source === "revert") {
    throw new Error("A revert brings the former provenance back, it makes none");
  }
  return source === "user" && userId !== undefined
    ? { source, ...rest, userId }
    : { source, ...rest };
}
