/** What plugin-host asks of storage; the connection is the one the ticket names, never one that a plugin names. */
import { z } from "zod";
import { ConnectionId } from "../ids.ts";
import type { StorageGetResult, StorageListResult, StorageSetParams } from "../storage.ts";
import type { CallContext, PurgingService } from "./call_context.ts";

/** Keys and bytes of each connection; no values. */
export const StorageUse = z.object({
  connections: z.array(
    z.object({ connectionId: ConnectionId, keys: z.int(), bytes: z.int() }),
  ),
});
export type StorageUse = z.infer<typeof StorageUse>;

export interface StorageService extends PurgingService {
  get(context: CallContext, ticket: string, key: string): Promise<StorageGetResult>;
  /** @throws ProblemError `quota_exceeded` or `bad_request` whose detail names the limit; nothing changes then */
  set(context: CallContext, ticket: string, entry: StorageSetParams): Promise<void>;
  /** Whether there was such a key. */
  delete(context: CallContext, ticket: string, key: string): Promise<boolean>;
  list(context: CallContext, ticket: string): Promise<StorageListResult>;
  /** How many keys were deleted. */
  clear(context: CallContext, ticket: string): Promise<number>;
  /** Use of the connections to one plugin. */
  use(context: CallContext, pluginId: string): Promise<StorageUse>;
}
