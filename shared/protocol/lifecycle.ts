/** Parameters of `initialize` and the other steps of a process's life (protocol.md: "Lifecycle"). */
import { z } from "zod";
import { ConnectionId, UserId } from "./ids.ts";
import { JsonObject } from "./json.ts";

export const PluginLogLevel = z.enum(["debug", "info", "warn", "error"]);
export type PluginLogLevel = z.infer<typeof PluginLogLevel>;

/** A request's deadline unless the admin set another: 30 s. */
export const REQUEST_TIMEOUT_SECONDS_DEFAULT = 30;
/**
 * A call waits no longer at the host for others to leave the plugin; its deadline begins
 * afterwards.
 */
export const PLACE_WAIT_SECONDS_MAX = 15;
export const RequestTimeoutSeconds = z.int().min(1).max(300);

export const InitializeParams = z.object({
  adminConfig: JsonObject,
  userConfig: JsonObject,
  /** For older plugins: the user's configuration with the admin's laid over it. */
  config: JsonObject,
  credentials: z.record(z.string(), z.string()),
  /** Absolute path of a folder private to this plugin and connection. */
  dataDir: z.string(),
  userId: UserId.optional(),
  userPluginId: ConnectionId.optional(),
  logLevel: PluginLogLevel,
  /** Addition of this project: how long the host waits for an answer, so that a plugin can stop in time. */
  requestTimeoutSeconds: RequestTimeoutSeconds.optional(),
});
export type InitializeParams = z.infer<typeof InitializeParams>;

/** Reserved in every configuration: read by the server, sent to no plugin. */
export const RESERVED_CONFIG_KEY = "_codex";
