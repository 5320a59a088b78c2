/** The subject's connection to a plugin, as auth knows it now. */
import type { CallContext, Connection, PluginId } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { ConnectionRef } from "../db/connection_queries.ts";
import type { RunDeps } from "../deps.ts";

/** @throws ProblemError `not_found` where there is none */
export async function connectionTo(
  { auth }: Pick<RunDeps, "auth">,
  context: CallContext,
  pluginId: PluginId,
): Promise<Connection> {
  const { connections } = await auth.listConnections(context);
  const connection = connections.find((one) => one.pluginId === pluginId);
  if (connection === undefined) {
    throw new ProblemError("not_found", "You have no connection to this plugin");
  }
  return connection;
}

export function refOf({ id, pluginId, userId }: Connection): ConnectionRef {
  return { connectionId: id, pluginId, userId };
}
