/**
 * The public API as one table (http-api.md): what each call is named, who owns it, what it needs and
 * what it takes and gives. The gateway forwards by it, and `openapi.json` is generated from it.
 */
import { z } from "zod";
import { PluginId } from "../ids.ts";
import type { Operation } from "./operation.ts";
import { setupAndSessions, users } from "./operations/account_operations.ts";
import { libraries, readers, seriesAndBooks } from "./operations/library_operations.ts";
import { adminPlugins, oauthClients } from "./operations/plugin_operations.ts";
import {
  recommendationOperations,
  syncOperations,
  taskOperations,
} from "./operations/sync_operations.ts";
import { everyonesPlugins } from "./operations/user_plugin_operations.ts";

export { API_BASE, EVENT_STREAM, type HttpMethod, NDJSON, type Operation } from "./operation.ts";

/** Every call of the public API. */
export const OPERATIONS: readonly Operation[] = [
  ...setupAndSessions,
  ...users,
  ...libraries,
  ...seriesAndBooks,
  ...readers,
  ...adminPlugins,
  ...oauthClients,
  ...everyonesPlugins,
  ...syncOperations,
  ...recommendationOperations,
  ...taskOperations,
];

/** Path parameters named `{…Id}` that aren't the service's own plain `{id}`. */
export const PathIds = z.object({ id: z.uuid() });
export const PathPluginId = z.object({ pluginId: PluginId });
