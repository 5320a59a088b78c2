/** What other services ask of sync, beyond the public calls that the gateway forwards. */
import { z } from "zod";
import { SyncResult } from "../api/sync.ts";
import { ConnectionId, type PluginId } from "../ids.ts";
import { IsoDateTime } from "../json.ts";
import type { CallContext, PurgingService } from "./call_context.ts";

/** What sync knows of one connection. */
export const ConnectionSync = z.object({
  connectionId: ConnectionId,
  autoSync: z.boolean(),
  lastSyncAt: IsoDateTime.optional(),
  lastSuccessAt: IsoDateTime.optional(),
  lastSyncResult: SyncResult.optional(),
});
export type ConnectionSync = z.infer<typeof ConnectionSync>;
export const ConnectionSyncList = z.object({ connections: z.array(ConnectionSync) });

export interface SyncService extends PurgingService {
  /** Of the context's subject; a connection that never synced and has no mode is missing. */
  listConnectionSyncs(context: CallContext): Promise<ConnectionSync[]>;
  /** Sets whether the subject's connection syncs by the plugin's schedule; `not_found` without one. */
  setSyncMode(context: CallContext, pluginId: PluginId, auto: boolean): Promise<ConnectionSync>;
}
