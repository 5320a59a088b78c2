/**
 * Write plugins for Codex: a few typed functions, and the SDK does the rest of the protocol. No
 * dependencies; runs on Deno, Node 20 or newer, and Bun.
 *
 * @module
 */
export {
  AuthFailedError,
  ConfigurationError,
  ConnectionError,
  type ConnectionFault,
  ExternalApiError,
  HostError,
  InternalError,
  InvalidParamsError,
  MethodNotFoundError,
  NotFoundError,
  PluginError,
  RateLimitedError,
} from "./errors.ts";
export { ERROR_CODES, type JsonValue } from "./json_rpc.ts";
export type { LogFields, Logger, LogLevel } from "./logger.ts";
export {
  type Capabilities,
  type ConfigField,
  type ConfigSchema,
  type ContentType,
  type CredentialField,
  type Manifest,
  type ManifestInput,
  type OauthDeclaration,
  PROTOCOL_VERSION,
} from "./manifest.ts";
export type * from "./metadata.ts";
export {
  type BookProvider,
  createMetadataPlugin,
  type MetadataPluginOptions,
  type SeriesProvider,
} from "./metadata_plugin.ts";
export type * from "./recommendation.ts";
export { DISMISS_REASONS } from "./recommendation.ts";
export {
  createRecommendationPlugin,
  type RecommendationPluginOptions,
} from "./recommendation_plugin.ts";
export type { CallContext, Plugin, PluginOptions, Session } from "./plugin.ts";
export { type IntegerSetting, SettingsReader } from "./settings.ts";
export type { Storable, Storage, StoredKey, StoredValue } from "./storage.ts";
export type * from "./sync.ts";
export { PUSH_STATUSES, READING_STATUSES } from "./sync.ts";
export { createSyncPlugin, type SyncPluginOptions } from "./sync_plugin.ts";
export type { LineSink, Transport } from "./transport.ts";
