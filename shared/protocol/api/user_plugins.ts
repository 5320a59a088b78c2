/** A user's connections to plugins (http-api.md: "Plugins, every user"). */
import { z } from "zod";
import { ConnectionId, PluginId } from "../ids.ts";
import { IsoDateTime, Json, JsonObject } from "../json.ts";
import { ConfigSchema, PluginType } from "../manifest.ts";
import { HealthStatus } from "./plugins.ts";

export const ConnectionStatus = z.enum(["not_connected", "connected", "needs_reconnection"]);
export type ConnectionStatus = z.infer<typeof ConnectionStatus>;

export const UserPluginCapabilities = z.object({
  readSync: z.boolean(),
  userRecommendationProvider: z.boolean(),
  wantsDetailedProgress: z.boolean(),
  wantsFullMetadata: z.boolean(),
});

export const UserPlugin = z.object({
  id: ConnectionId,
  status: ConnectionStatus,
  statusReason: z.string().optional(),
  /** A part's owner did not answer: what it owns is missing here. */
  partial: z.boolean().optional(),
  pluginId: PluginId,
  pluginName: z.string(),
  pluginDisplayName: z.string(),
  pluginType: PluginType,
  enabled: z.boolean(),
  connected: z.boolean(),
  requiresAuth: z.boolean(),
  requiresOauth: z.boolean(),
  oauthConfigured: z.boolean(),
  config: JsonObject,
  capabilities: UserPluginCapabilities,
  userConfigSchema: ConfigSchema.optional(),
  userSetupInstructions: z.string().optional(),
  description: z.string().optional(),
  externalUsername: z.string().optional(),
  externalAvatarUrl: z.string().optional(),
  healthStatus: HealthStatus,
  autoSync: z.boolean(),
  syncCronSchedule: z.string().optional(),
  lastSyncAt: IsoDateTime.optional(),
  lastSuccessAt: IsoDateTime.optional(),
  lastSyncResult: Json.optional(),
  createdAt: IsoDateTime,
});
export type UserPlugin = z.infer<typeof UserPlugin>;

export const AvailablePlugin = z.object({
  pluginId: PluginId,
  pluginName: z.string(),
  pluginDisplayName: z.string(),
  pluginType: PluginType,
  description: z.string().optional(),
  userSetupInstructions: z.string().optional(),
  requiresAuth: z.boolean(),
  requiresOauth: z.boolean(),
  oauthConfigured: z.boolean(),
  capabilities: UserPluginCapabilities,
  /** Services that still owe the deletion of a former connection's data. */
  purgesOwed: z.array(z.string()).optional(),
});
export type AvailablePlugin = z.infer<typeof AvailablePlugin>;

export const UserPluginList = z.object({
  enabled: z.array(UserPlugin),
  available: z.array(AvailablePlugin),
});

export const ConfigChange = z.object({ config: JsonObject });
