/**
 * What limits calls: one bucket for each system plugin, one for each connection to a user plugin; and one for each
 * holder of a system plugin, with half of its calls.
 */
import { createHash } from "node:crypto";
import type { ConnectionId, PluginId, TicketClaims, UserId } from "@codex/protocol";
import { BACKGROUND, type CallHolder } from "./fair_share.ts";

declare const share: unique symbol;
export type ShareId = string & { readonly [share]: true };

export interface CallBucket {
  /** Of the plugin or the connection; made of both ids for a holder's share. */
  readonly id: PluginId | ConnectionId | ShareId;
  readonly pluginId: PluginId;
  /** Whose connection or share it is; undefined for a system plugin and the services' own work. */
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

/** The part of a system plugin's bucket that one holder may use. */
export function shareOf({ pluginId }: CallBucket, holder: CallHolder): CallBucket {
  const userId = holder === BACKGROUND ? undefined : holder;
  return { id: shareIdOf(pluginId, holder), pluginId, userId };
}

/** A UUID of version 8 (RFC 9562, section 5.8): the same on every replica, and no plugin's or connection's. */
function shareIdOf(pluginId: PluginId, holder: CallHolder): ShareId {
  const bytes = createHash("sha256").update(`${pluginId} ${holder}`).digest().subarray(0, 16);
  bytes[6] = bytes[6]! & 0x0f | 0x80;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  const hex = bytes.toString("hex");
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
  return parts.map(([from, to]) => hex.slice(from, to)).join("-") as ShareId;
}

/**
 * How many calls a replica leases at once: few enough that what one replica leaves unused is no loss to
 * the others, and, where calls come often, enough that most need no statement.
 */
export function blockOf(requestsPerMinute: number): number {
  return Math.max(1, Math.floor(requestsPerMinute / BLOCKS_PER_WINDOW));
}
