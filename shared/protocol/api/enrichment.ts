/** Preview, apply and auto-match of a plugin's metadata (http-api.md: "Library", architecture.md: "Enrich a series"). */
import { z } from "zod";
import { PluginId } from "../ids.ts";
import { Json } from "../json.ts";
import { SearchResult } from "../metadata.ts";

export const FieldStatus = z.enum([
  "will_apply",
  "locked",
  "no_permission",
  "unchanged",
  "not_provided",
]);
export type FieldStatus = z.infer<typeof FieldStatus>;

export const PreviewRequest = z.object({
  pluginId: PluginId,
  externalId: z.string().min(1).max(500),
});

export const FieldPreview = z.object({
  field: z.string(),
  currentValue: Json,
  proposedValue: Json,
  status: FieldStatus,
  reason: z.string().optional(),
});
export type FieldPreview = z.infer<typeof FieldPreview>;

/** Values of the plugin's answer that were left out, by RFC 6901 pointer, with the reason. */
const Ignored = z.array(z.object({ pointer: z.string(), reason: z.string() }));

export const PreviewAnswer = z.object({
  fields: z.array(FieldPreview),
  summary: z.object({
    willApply: z.int(),
    locked: z.int(),
    noPermission: z.int(),
    unchanged: z.int(),
    notProvided: z.int(),
  }),
  externalUrl: z.string().optional(),
  pluginId: PluginId,
  pluginName: z.string(),
  /** Names the stored document and the plugin's answer this preview was made of; apply checks it. */
  snapshot: z.string(),
  ignored: Ignored,
});
export type PreviewAnswer = z.infer<typeof PreviewAnswer>;

export const ApplyRequest = PreviewRequest.extend({
  /** Only these; else every field that will apply. */
  fields: z.array(z.string()).max(100).optional(),
  dryRun: z.boolean().default(false),
  snapshot: z.string().max(200).optional(),
  /** Locks each field that was written. */
  lockAfterApply: z.boolean().default(false),
});

export const SkippedField = z.object({ field: z.string(), reason: z.string() });

export const ApplyAnswer = z.object({
  success: z.boolean(),
  appliedFields: z.array(z.string()),
  skippedFields: z.array(SkippedField),
  message: z.string(),
  ignored: Ignored,
  dryRunReport: z.object({
    changes: z.array(z.object({ field: z.string(), before: Json, after: Json })),
  }).optional(),
});
export type ApplyAnswer = z.infer<typeof ApplyAnswer>;

export const AutoMatchRequest = z.object({
  pluginId: PluginId,
  query: z.string().trim().min(1).max(500).optional(),
});
export const AutoMatchAnswer = z.object({
  success: z.boolean(),
  matchedResult: SearchResult.optional(),
  appliedFields: z.array(z.string()),
  skippedFields: z.array(SkippedField),
  message: z.string(),
  ignored: Ignored,
});
export type AutoMatchAnswer = z.infer<typeof AutoMatchAnswer>;
