/** What other services ask of plugin-host. */
import { z } from "zod";
import { HealthStatus, PluginCallError, PluginScope, PluginState } from "../api/plugins.ts";
import { LibraryId, PluginId } from "../ids.ts";
import { Json } from "../json.ts";
import { Manifest, PluginName, PluginType } from "../manifest.ts";
import { Permission } from "../permissions.ts";
import { ContentType } from "../manifest.ts";
import type { CallContext, PurgingService } from "./call_context.ts";

/** A plugin as other services need it: no command, no configuration, no secrets. */
export const PluginSummary = z.object({
  id: PluginId,
  name: PluginName,
  displayName: z.string(),
  description: z.string(),
  pluginType: PluginType,
  enabled: z.boolean(),
  /** Granted and able to run: `enabled`, not blocked, not unsupported, and pinned. */
  usable: z.boolean(),
  state: PluginState,
  stateReason: z.string().nullable(),
  healthStatus: HealthStatus,
  permissions: z.array(Permission),
  scopes: z.array(PluginScope),
  /** Empty: every library. */
  libraryIds: z.array(LibraryId),
  /** Pinned at the grant. */
  manifest: Manifest.nullable(),
  metadataTargets: z.array(ContentType),
  searchQueryTemplate: z.string().nullable(),
  searchPreprocessingRules: Json,
  autoMatchConditions: Json,
  useExistingExternalId: z.boolean(),
  requestTimeoutSeconds: z.int(),
  syncCronSchedule: z.string().nullable(),
  sendFullMetadata: z.boolean(),
  sendGenresAndTags: z.boolean(),
});
export type PluginSummary = z.infer<typeof PluginSummary>;
export const PluginSummaryList = z.object({ plugins: z.array(PluginSummary) });

export const PluginCall = z.object({
  method: z.string().min(1).max(200),
  params: z.record(z.string(), Json),
  /** Needed for user plugins. */
  ticket: z.string().max(8192).optional(),
});
export type PluginCall = z.infer<typeof PluginCall>;

/** A plugin's answer, checked by the method's schema, or its own JSON-RPC error. */
export const PluginCallAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    result: Json,
    ignored: z.array(z.object({ pointer: z.string(), reason: z.string() })),
  }),
  z.object({ ok: z.literal(false), error: PluginCallError }),
]);
export type PluginCallAnswer = z.infer<typeof PluginCallAnswer>;

/** Of a connection that was turned off. */
export const Withdrawal = z.object({
  /** The connection's: processes that were started with an earlier one end. */
  revision: z.int().min(0),
});

export interface PluginHostService extends PurgingService {
  /** Ends the connection's processes of before this revision, on every replica. Idempotent. */
  withdrawConnection(context: CallContext, connectionId: string, revision: number): Promise<void>;
  listPlugins(context: CallContext): Promise<PluginSummary[]>;
  /** `not_found` where there is no such plugin. */
  getPlugin(context: CallContext, pluginId: PluginId): Promise<PluginSummary>;
  /**
   * Calls a method of a plugin.
   *
   * @throws ProblemError `plugin_crashed`, `plugin_failed` (an answer that fails its schema),
   * `deadline_exceeded`, `no_capacity`, `plugin_off`, `not_granted`
   */
  callPlugin(
    context: CallContext,
    pluginId: PluginId,
    call: PluginCall,
  ): Promise<PluginCallAnswer>;
}
