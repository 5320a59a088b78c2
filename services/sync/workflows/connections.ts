/** The subject's connection to a plugin, as auth knows it now. */
import type { CallContext, Connection, PluginId } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { ConnectionRef } from "../db/connection_queries.ts";
import type { Executor } from "../db/database.ts";
import { holdOffPurges } from "../db/purge_queries.ts";
import type { RunDeps } from "../deps.ts";

/** @throws ProblemError `not_found` where there is none */
export async function connectionTo(
  { auth }: Pick<RunDeps, "auth">,
  context: CallContext,
  pluginId: PluginId,
): Promise<Connection> {
  const { connections } = await auth.listConnections(context);
  const connection = connections.find((one) => one.pluginId === pluginId);
  if (connection === undefined) throw noConnection();
  return connection;
}

/**
 * One transaction that writes for the subject's connection, so that nothing of it is left where it is
 * disconnected meanwhile: auth is asked for it once more while its purge has to wait.
 *
 * @throws ProblemError `not_found` once it is gone, and then nothing is written
 */
export async function writeFor<Result>(
  deps: Pick<RunDeps, "auth" | "db">,
  context: CallContext,
  connection: Connection,
  write: (tx: Executor) => Promise<Result>,
): Promise<Result> {
  return await deps.db.transaction(async (tx) => {
    await holdOffPurges(tx, refOf(connection));
    const { id } = await connectionTo(deps, context, connection.pluginId);
    if (id !== connection.id) throw noConnection();
    return await write(tx);
  });
}

export function refOf({ id, pluginId, userId }: Connection): ConnectionRef {
  return { connectionId: id, pluginId, userId };
}

function noConnection(): ProblemError {
  return new ProblemError("not_found", "You have no connection to this plugin");
}
