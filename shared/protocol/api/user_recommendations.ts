/** What the user's plugins recommend, merged (http-api.md: "GET /user/recommendations"). */
import { z } from "zod";
import { PluginId, TaskId } from "../ids.ts";
import { IsoDateTime } from "../json.ts";
import { DismissReason, Recommendation } from "../recommendations.ts";

/** A plugin that recommends, and how fresh its list is. */
export const RecommendationSource = z.object({
  pluginId: PluginId,
  pluginName: z.string(),
  pluginDisplayName: z.string(),
  /** Absent until its first list. */
  generatedAt: IsoDateTime.optional(),
  ageSeconds: z.int().nonnegative().optional(),
  count: z.int().nonnegative(),
  /** Why the last refresh brought no new list; the one before stands. */
  error: z.string().optional(),
  /** The refresh that goes on. */
  runningTaskId: TaskId.optional(),
});

export const MergedRecommendation = Recommendation.extend({
  /** The plugins that recommend it; the first one's words are shown. */
  sources: z.array(
    z.object({ pluginId: PluginId, pluginName: z.string(), externalId: z.string() }),
  ),
});

export const RecommendationList = z.object({
  recommendations: z.array(MergedRecommendation),
  sources: z.array(RecommendationSource),
});
export type RecommendationList = z.infer<typeof RecommendationList>;

export const RefreshAnswer = z.object({ taskIds: z.array(TaskId), message: z.string() });
export const DismissRequest = z.object({ reason: DismissReason.optional() });
export const DismissAnswer = z.object({ dismissed: z.boolean() });
