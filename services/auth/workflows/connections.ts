/** Connections of users to plugins: enabled, configured and disconnected by their users. */
import {
  type CallContext,
  type Connection,
  type ConnectionsAnswer,
  type JsonObject,
  PluginId,
  type Subject,
} from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import {
  deleteConnections,
  disableConnection,
  enableConnection,
  listConnections,
  lockConnection,
  setConnectionConfig,
} from "../db/connection_queries.ts";
import { isForeignKeyViolation } from "../db/database.ts";
import { listOauthClientPlugins } from "../db/oauth_client_queries.ts";
import { callOffSignIns } from "../db/oauth_flow_queries.ts";
import { insertPurges, listOwedOfConnections } from "../db/purge_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { changeConfig, type ConfigResult, statusOf } from "../domain/connection_rules.ts";
import { purgesOfConnections, withdrawalOf } from "../domain/purge_duties.ts";
import { toConnection } from "./connection_shape.ts";
import { findUserPlugin, type PluginRefusal } from "./user_plugin.ts";

type ConnectionDeps = Pick<AuthDeps, "db" | "now" | "pluginHost" | "onPurgesOwed">;

export type EnableResult =
  | { readonly kind: "enabled"; readonly connection: Connection }
  | PluginRefusal
  | { readonly kind: "user_gone" };

export async function enable(
  deps: ConnectionDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
): Promise<EnableResult> {
  const found = await findUserPlugin(deps, context, pluginId);
  if (found.kind !== "ok") return found;
  const at = new Date(deps.now());
  const needsNoAuth = statusOf(found.manifest, []).status === "connected";
  const { userId } = subject;
  try {
    const row = await deps.db.transaction(async (tx) => {
      const enabled = await enableConnection(tx, { userId, pluginId, needsNoAuth, createdAt: at });
      await insertAuditLine(tx, {
        at,
        source: "auth",
        actorId: userId,
        action: "connection.enabled",
        target: pluginId,
      });
      return enabled;
    });
    return { kind: "enabled", connection: toConnection(row) };
  } catch (error) {
    if (isForeignKeyViolation(error)) return { kind: "user_gone" };
    throw error;
  }
}

/** False when there is no connection. Its data stays, its processes end. */
export async function disable(
  deps: ConnectionDeps,
  subject: Subject,
  pluginId: PluginId,
): Promise<boolean> {
  const found = await deps.db.transaction(async (tx) => {
    const connection = await disableConnection(tx, subject.userId, pluginId);
    if (connection === undefined) return false;
    const at = new Date(deps.now());
    await insertPurges(tx, [withdrawalOf(connection)], at);
    await insertAuditLine(tx, {
      at,
      source: "auth",
      actorId: subject.userId,
      action: "connection.disabled",
      target: pluginId,
    });
    return true;
  });
  if (found) deps.onPurgesOwed();
  return found;
}

export type ConfigureResult =
  | { readonly kind: "configured"; readonly connection: Connection }
  | { readonly kind: "not_found" }
  | Extract<ConfigResult, { kind: "refused" }>;

export async function configure(
  deps: ConnectionDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
  change: JsonObject,
): Promise<ConfigureResult> {
  // Also of a plugin that is off: settings may be put right before it is on again.
  const { manifest } = await deps.pluginHost.getPlugin(context, pluginId);
  return await deps.db.transaction(async (tx): Promise<ConfigureResult> => {
    const current = await lockConnection(tx, subject.userId, pluginId);
    if (current === undefined) return { kind: "not_found" };
    const changed = changeConfig(
      toConnection(current).config,
      change,
      manifest?.userConfigSchema,
    );
    if (changed.kind === "refused") return changed;
    const row = await setConnectionConfig(tx, current.id, changed.config) ?? current;
    return { kind: "configured", connection: toConnection(row) };
  });
}

/** False when there is no connection. Secrets and configuration are gone when this returns. */
export async function disconnect(
  deps: ConnectionDeps,
  subject: Subject,
  pluginId: PluginId,
): Promise<boolean> {
  const { userId } = subject;
  const gone = await deps.db.transaction(async (tx) => {
    // A sign-in that is under way must not bring the connection back.
    await callOffSignIns(tx, { userId, pluginId });
    const deleted = await deleteConnections(tx, { userId, pluginId });
    if (deleted.length === 0) return false;
    const at = new Date(deps.now());
    await insertPurges(tx, purgesOfConnections(deleted), at);
    await insertAuditLine(tx, {
      at,
      source: "auth",
      actorId: userId,
      action: "connection.disconnected",
      target: pluginId,
    });
    return true;
  });
  if (gone) deps.onPurgesOwed();
  return gone;
}

export async function list(
  deps: Pick<AuthDeps, "db">,
  subject: Subject,
): Promise<ConnectionsAnswer> {
  const [rows, owed, oauthClients] = await Promise.all([
    listConnections(deps.db, subject.userId),
    listOwedOfConnections(deps.db, subject.userId),
    listOauthClientPlugins(deps.db),
  ]);
  const purgesOwed: Record<string, string[]> = {};
  for (const { pluginId, service } of owed) {
    if (pluginId !== null) (purgesOwed[pluginId] ??= []).push(service);
  }
  return {
    connections: rows.map(toConnection),
    purgesOwed,
    oauthClients: oauthClients.map((id) => PluginId.parse(id)),
  };
}
