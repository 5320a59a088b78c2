/** A user's plugins: connections, which auth owns, with what plugin-host and sync know of them. */
import { Hono } from "hono";
import {
  API_BASE,
  type AuthService,
  type CallContext,
  ConfigChange,
  CredentialsRequest,
  PathPluginId,
  type PluginHostService,
  type PluginId,
  type PluginSummary,
  type ProblemCode,
  SyncModeChange,
  type SyncService,
} from "@codex/protocol";
import { callContext, jsonBody, path, ProblemError } from "@codex/service";
import { composeUserPlugins, isUserPlugin, toUserPlugin } from "../domain/user_plugin.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import type { Guard } from "../guard.ts";
import { operationById } from "../operation_by_id.ts";

export interface UserPluginRouteOptions {
  readonly guard: Guard;
  readonly auth: Pick<
    AuthService,
    | "listConnections"
    | "enableConnection"
    | "disableConnection"
    | "configureConnection"
    | "setCredentials"
    | "disconnect"
  >;
  readonly pluginHost: Pick<PluginHostService, "listPlugins" | "getPlugin">;
  readonly sync: Pick<SyncService, "listConnectionSyncs" | "setSyncMode">;
}

export function userPluginRoutes(options: UserPluginRouteOptions) {
  const { auth, pluginHost, sync } = options;
  const guard = (operationId: string) => options.guard(operationById(operationId));

  return new Hono<GatewayEnv>()
    .basePath(`${API_BASE}/user/plugins`)
    .get("/", guard("listUserPlugins"), async (c) => {
      const context = callContext(c);
      const [connections, plugins, syncs] = await Promise.all([
        auth.listConnections(context),
        unlessSilent(pluginHost.listPlugins(context)),
        unlessSilent(sync.listConnectionSyncs(context)),
      ]);
      return c.json(composeUserPlugins(connections, plugins, syncs), 200);
    })
    .get("/:pluginId", guard("getUserPlugin"), path(PathPluginId), async (c) => {
      return c.json(await oneUserPlugin(callContext(c), c.req.valid("param").pluginId), 200);
    })
    .delete("/:pluginId", guard("disconnectUserPlugin"), path(PathPluginId), async (c) => {
      await auth.disconnect(callContext(c), c.req.valid("param").pluginId);
      return c.json({}, 200);
    })
    .post("/:pluginId/enable", guard("enableUserPlugin"), path(PathPluginId), async (c) => {
      const context = callContext(c);
      const plugin = await userPlugin(pluginHost, context, c.req.valid("param").pluginId);
      await auth.enableConnection(context, plugin.id);
      return c.json(await oneUserPlugin(context, plugin.id), 200);
    })
    .post("/:pluginId/disable", guard("disableUserPlugin"), path(PathPluginId), async (c) => {
      await auth.disableConnection(callContext(c), c.req.valid("param").pluginId);
      return c.json({}, 200);
    })
    .patch(
      "/:pluginId/config",
      guard("configureUserPlugin"),
      path(PathPluginId),
      jsonBody(ConfigChange),
      async (c) => {
        const context = callContext(c);
        const { pluginId } = c.req.valid("param");
        const { config } = c.req.valid("json");
        await auth.configureConnection(context, pluginId, config);
        return c.json(await oneUserPlugin(context, pluginId), 200);
      },
    )
    .patch(
      "/:pluginId/sync-mode",
      guard("setSyncMode"),
      path(PathPluginId),
      jsonBody(SyncModeChange),
      async (c) => {
        const context = callContext(c);
        const { pluginId } = c.req.valid("param");
        await sync.setSyncMode(context, pluginId, c.req.valid("json").auto);
        return c.json(await oneUserPlugin(context, pluginId), 200);
      },
    )
    .post(
      "/:pluginId/credentials",
      guard("setUserPluginCredentials"),
      path(PathPluginId),
      jsonBody(CredentialsRequest),
      async (c) => {
        const context = callContext(c);
        const { pluginId } = c.req.valid("param");
        await auth.setCredentials(context, pluginId, c.req.valid("json"));
        return c.json(await oneUserPlugin(context, pluginId), 200);
      },
    );

  async function oneUserPlugin(context: CallContext, pluginId: PluginId) {
    const [{ connections, oauthClients }, plugin, syncs] = await Promise.all([
      auth.listConnections(context),
      unlessSilent(userPlugin(pluginHost, context, pluginId)),
      unlessSilent(sync.listConnectionSyncs(context)),
    ]);
    const connection = connections.find((one) => one.pluginId === pluginId);
    if (connection === undefined) throw notConnected();
    return toUserPlugin(connection, plugin, syncs, oauthClients);
  }
}

/** The plugin, as long as it is one that users connect to; `not_found` otherwise. */
async function userPlugin(
  pluginHost: UserPluginRouteOptions["pluginHost"],
  context: CallContext,
  pluginId: PluginId,
): Promise<PluginSummary> {
  const plugin = await pluginHost.getPlugin(context, pluginId);
  if (!isUserPlugin(plugin)) {
    throw new ProblemError("not_found", `Plugin "${plugin.name}" has nothing of users' own`);
  }
  return plugin;
}

function notConnected(): ProblemError {
  return new ProblemError("not_found", "You have no connection to this plugin");
}

/** What a service that is away answers with; anything else is its considered answer. */
const SILENT: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "service_unavailable",
  "service_failed",
  "deadline_exceeded",
  "not_ready",
]);

/** Undefined where the owner does not answer, so that the rest can still be shown. */
async function unlessSilent<Part>(part: Promise<Part>): Promise<Part | undefined> {
  try {
    return await part;
  } catch (error) {
    if (error instanceof ProblemError && SILENT.has(error.code)) return undefined;
    throw error;
  }
}
