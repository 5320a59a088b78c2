/** What limits calls: one bucket for each system plugin, one for each connection to a user plugin. */
import type { ConnectionId, PluginId, TicketClaims, UserId } from "@codex/protocol";

export interface CallBucket {
  readonly id: PluginId | ConnectionId;
  readonly pluginId: PluginId;
  /** Whose connection it is; undefined for a system plugin. */
  readonly userId: UserId | undefined;
}

export const BUCKET_WINDOW_SECONDS = 60;

/** A plugin can't shut itself off for longer than this: what it asks for beyond is cut. */
export const PAUSE_SECONDS_MAX = 3600;

/** Blocks in which replicas take up a minute's calls. */
const BLOCKS_PER_WINDOW = 20;

/** @param claims of the connection's ticket; undefined for a system plugin */
export function bucketOf(pluginId: PluginId, claims: TicketClaims | undefined): CallBucket {
  return { id: claims?.connectionId ?? pluginId, pluginId, userId: claims?.userId };
}

/**
 * How many calls a replica leases at once: few enough that what one replica leaves unused is no loss to
 * the others, and, where calls come often, enough that most need no statement.
 */
export function blockOf(requestsPerMinute: number): number {
  return Math.max(1, Math.floor(requestsPerMinute / BLOCKS_PER_WINDOW));
}
