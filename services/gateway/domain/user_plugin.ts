/** A user's plugin, composed of what auth and plugin-host each know (http-api.md: "Plugins, every user"). */
import type { z } from "zod";
import {
  type AvailablePlugin,
  type Connection,
  type ConnectionsAnswer,
  type ConnectionSync,
  Json,
  type Manifest,
  type PluginId,
  type PluginSummary,
  requiresUserAuth,
  type UserPlugin,
  type UserPluginList,
} from "@codex/protocol";

/**
 * @param plugin undefined when plugin-host did not answer: its part is then empty and `partial` is set
 * @param syncs what sync knows of the user's connections; undefined when it did not answer
 * @param oauthClients the plugins whose OAuth client the administrator has set
 */
export function toUserPlugin(
  connection: Connection,
  plugin: PluginSummary | undefined,
  syncs: readonly ConnectionSync[] | undefined,
  oauthClients: readonly PluginId[],
): UserPlugin {
  const statusReason = connection.statusReason ?? whyOff(plugin);
  return {
    id: connection.id,
    status: connection.status,
    ...(statusReason !== undefined && { statusReason }),
    ...(plugin === undefined
      ? { ...UNKNOWN_PLUGIN, pluginId: connection.pluginId }
      : describePlugin(plugin, oauthClients)),
    ...((plugin === undefined || syncs === undefined) && { partial: true }),
    enabled: connection.enabled,
    connected: connection.status === "connected",
    config: connection.config,
    ...(plugin?.manifest?.userConfigSchema && {
      userConfigSchema: plugin.manifest.userConfigSchema,
    }),
    ...(connection.externalUsername !== undefined && {
      externalUsername: connection.externalUsername,
    }),
    ...(connection.externalAvatarUrl !== undefined && {
      externalAvatarUrl: connection.externalAvatarUrl,
    }),
    healthStatus: plugin?.healthStatus ?? "unknown",
    ...describeSync(syncs?.find(({ connectionId }) => connectionId === connection.id)),
    ...(plugin?.syncCronSchedule && { syncCronSchedule: plugin.syncCronSchedule }),
    createdAt: connection.createdAt,
  };
}

export function toAvailablePlugin(
  plugin: PluginSummary,
  purgesOwed: readonly string[] | undefined,
  oauthClients: readonly PluginId[],
): AvailablePlugin {
  return {
    ...describePlugin(plugin, oauthClients),
    ...(purgesOwed !== undefined && purgesOwed.length > 0 && { purgesOwed: [...purgesOwed] }),
  };
}

/**
 * Every connection, and every usable user plugin without one.
 *
 * @param plugins undefined when plugin-host did not answer
 */
export function composeUserPlugins(
  { connections, purgesOwed, oauthClients }: ConnectionsAnswer,
  plugins: readonly PluginSummary[] | undefined,
  syncs: readonly ConnectionSync[] | undefined,
): z.infer<typeof UserPluginList> {
  if (plugins === undefined) {
    return {
      enabled: connections.map((one) => toUserPlugin(one, undefined, syncs, oauthClients)),
      available: [],
    };
  }
  const ofUsers = new Map(plugins.filter(isUserPlugin).map((plugin) => [plugin.id, plugin]));
  const connected = new Set(connections.map((connection) => connection.pluginId));
  return {
    enabled: connections.flatMap((connection) => {
      // A plugin that was just deleted takes its connections along, a moment later.
      const plugin = ofUsers.get(connection.pluginId);
      return plugin === undefined ? [] : [toUserPlugin(connection, plugin, syncs, oauthClients)];
    }),
    available: [...ofUsers.values()]
      .filter((plugin) => plugin.usable && !connected.has(plugin.id))
      .map((plugin) => toAvailablePlugin(plugin, purgesOwed[plugin.id], oauthClients)),
  };
}

export function isUserPlugin(plugin: PluginSummary): boolean {
  return plugin.pluginType === "user";
}

const NO_CAPABILITIES = {
  readSync: false,
  userRecommendationProvider: false,
  wantsDetailedProgress: false,
  wantsFullMetadata: false,
};

const UNKNOWN_PLUGIN = {
  pluginName: "",
  pluginDisplayName: "",
  pluginType: "user",
  requiresAuth: false,
  requiresOauth: false,
  oauthConfigured: false,
  capabilities: NO_CAPABILITIES,
} as const;

function describePlugin(
  plugin: PluginSummary,
  oauthClients: readonly PluginId[],
): AvailablePlugin {
  const { manifest } = plugin;
  const description = manifest?.userDescription ?? plugin.description;
  return {
    pluginId: plugin.id,
    pluginName: plugin.name,
    pluginDisplayName: plugin.displayName,
    pluginType: plugin.pluginType,
    ...(description !== "" && { description }),
    ...(manifest?.userSetupInstructions !== undefined && {
      userSetupInstructions: manifest.userSetupInstructions,
    }),
    requiresAuth: manifest !== null && requiresUserAuth(manifest),
    requiresOauth: manifest?.oauth !== undefined,
    oauthConfigured: manifest?.oauth !== undefined &&
      (manifest.oauth.clientId !== undefined || oauthClients.includes(plugin.id)),
    capabilities: manifest === null ? NO_CAPABILITIES : capabilitiesOf(manifest),
  };
}

function capabilitiesOf({ capabilities }: Manifest): AvailablePlugin["capabilities"] {
  return {
    readSync: capabilities.userReadSync,
    userRecommendationProvider: capabilities.userRecommendationProvider,
    wantsDetailedProgress: capabilities.wantsDetailedProgress,
    wantsFullMetadata: capabilities.wantsFullMetadata,
  };
}

type SyncPart = "autoSync" | "lastSyncAt" | "lastSuccessAt" | "lastSyncResult";

/** @param sync undefined for a connection that never synced */
function describeSync(sync: ConnectionSync | undefined): Pick<UserPlugin, SyncPart> {
  if (sync === undefined) return { autoSync: false };
  const { connectionId: _, lastSyncResult, ...rest } = sync;
  return { ...rest, ...(lastSyncResult && { lastSyncResult: Json.parse(lastSyncResult) }) };
}

/** Why a connection does nothing although it is well: the administrator's or the host's reason. */
function whyOff(plugin: PluginSummary | undefined): string | undefined {
  if (plugin === undefined || plugin.usable) return undefined;
  return plugin.stateReason ?? "The plugin is off";
}
