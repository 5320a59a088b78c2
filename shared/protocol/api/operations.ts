/**
 * The public API as one table (http-api.md): what each call is named, who owns it, what it needs and
 * what it takes and gives. The gateway forwards by it, and `openapi.json` is generated from it.
 *
 * A subpath of its own, `@codex/protocol/operations`: the gateway alone reads it, and what it takes in
 * memory (1.5 MB) the other services needn't.
 *
 * @module
 */
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
