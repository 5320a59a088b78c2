/** How long the gateway waits for an owner to begin its answer. The owners' own deadlines are shorter. */
import { type Operation, PLACE_WAIT_SECONDS_MAX } from "@codex/protocol";

const PLAIN_MS = 30_000;
/**
 * The longest `requestTimeoutSeconds` an administrator can set (protocol.md: "Lifecycle"), and the
 * wait before it.
 */
const PLUGIN_CALL_MS = (300 + PLACE_WAIT_SECONDS_MAX) * 1000;
/** A catalogue over a slow line. */
const STREAM_MS = 3_600_000;

/** Operation → calls of a plugin that it makes one after the other. */
export const PLUGIN_CALLS: ReadonlyMap<string, number> = new Map([
  ["createPlugin", 1],
  ["testPlugin", 1],
  ["grantPlugin", 1],
  ["executePlugin", 1],
  ["previewSeriesMetadata", 1],
  ["previewBookMetadata", 1],
  ["applySeriesMetadata", 1],
  ["applyBookMetadata", 1],
  // Match or search, then get.
  ["autoMatchSeriesMetadata", 3],
  ["autoMatchBookMetadata", 3],
  // With `live`.
  ["getSyncStatus", 1],
]);

/** Milliseconds until the answer begins, the upload included. */
export function deadlineMsOf(operation: Pick<Operation, "id" | "stream">): number {
  if (operation.stream !== undefined) return STREAM_MS;
  return PLAIN_MS + PLUGIN_CALL_MS * (PLUGIN_CALLS.get(operation.id) ?? 0);
}
