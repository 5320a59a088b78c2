import { Connection } from "@codex/protocol";
import type { ConnectionRow } from "../db/connection_queries.ts";

/** The row as other services know it; what stands in its jsonb column is checked on the way. */
export function toConnection(row: ConnectionRow): Connection {
  return Connection.parse({
    id: row.id,
    userId: row.userId,
    pluginId: row.pluginId,
    enabled: row.enabled,
    status: row.status,
    config: row.config,
    createdAt: row.createdAt.toISOString(),
    ...(row.statusReason !== null && { statusReason: row.statusReason }),
    ...(row.externalId !== null && { externalId: row.externalId }),
    ...(row.externalUsername !== null && { externalUsername: row.externalUsername }),
    ...(row.externalAvatarUrl !== null && { externalAvatarUrl: row.externalAvatarUrl }),
  });
}
