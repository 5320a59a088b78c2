import type { CallContext, Manifest, PluginId, PluginSummary } from "@codex/protocol";
import type { AuthDeps } from "../deps.ts";

/** Why users can't connect to a plugin. */
export type PluginRefusal =
  | { readonly kind: "not_for_users"; readonly plugin: PluginSummary }
  | { readonly kind: "plugin_off"; readonly plugin: PluginSummary };

export type UserPluginResult =
  | { readonly kind: "ok"; readonly plugin: PluginSummary; readonly manifest: Manifest }
  | PluginRefusal;

/**
 * A plugin that users connect to, with the manifest that the administrator approved.
 *
 * @throws ProblemError `not_found` where there is no such plugin, or what plugin-host's silence means
 */
export async function findUserPlugin(
  deps: Pick<AuthDeps, "pluginHost">,
  context: CallContext,
  pluginId: PluginId,
): Promise<UserPluginResult> {
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  if (plugin.pluginType !== "user") return { kind: "not_for_users", plugin };
  const { manifest } = plugin;
  if (!plugin.usable || manifest === null) return { kind: "plugin_off", plugin };
  return { kind: "ok", plugin, manifest };
}
