/**
 * Everything that crosses a wire: the plugin protocol, the public API, and what services exchange.
 *
 * One zod schema per shape; types are inferred from them.
 *
 * @module
 */
export * from "./api/accounts.ts";
export * from "./api/enrichment.ts";
export * from "./api/library.ts";
export * from "./api/oauth.ts";
export * from "./api/operation.ts";
export * from "./api/paging.ts";
export * from "./api/plugins.ts";
export * from "./api/sync.ts";
export * from "./api/sync_settings.ts";
export * from "./api/tasks.ts";
export * from "./api/user_plugins.ts";
export * from "./api/user_recommendations.ts";
export * from "./document_limits.ts";
export * from "./identity.ts";
export * from "./ids.ts";
export * from "./json.ts";
export * from "./json_pointer.ts";
export * from "./json_fault.ts";
export * from "./json_text.ts";
export * from "./jsonrpc.ts";
export * from "./lifecycle.ts";
export * from "./manifest.ts";
export * from "./metadata.ts";
export * from "./permissions.ts";
export * from "./plain_words.ts";
export * from "./problem.ts";
export * from "./recommendations.ts";
export * from "./services/auth_service.ts";
export * from "./services/call_context.ts";
export * from "./services/forwarding.ts";
export * from "./services/library_service.ts";
export * from "./services/plugin_host_service.ts";
export * from "./services/storage_service.ts";
export * from "./services/sync_service.ts";
export * from "./storage.ts";
export * from "./sync.ts";
export * from "./text_size.ts";
export * from "./unknown_fields.ts";
export * from "./wire.ts";
