/** Tables of plugin-host: the registry with pinned manifests and grants, and recorded failures. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

export const pluginHost = pgSchema("plugin_host");

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const plugins = pluginHost.table("plugins", {
  id: uuid("id").primaryKey().defaultRandom(),
  name: text("name").notNull().unique(),
  displayName: text("display_name").notNull(),
  description: text("description").notNull().default(""),
  /** The installed plugin's folder; null for one that was added by command. */
  folder: text("folder"),
  /** The folder was gone when the folders were last read. */
  folderMissing: boolean("folder_missing").notNull().default(false),
  command: text("command").notNull(),
  args: jsonb("args").notNull().default([]),
  /** [{key, value?}]: a variable without a value is secret and kept in the vault. */
  env: jsonb("env").notNull().default([]),
  workingDirectory: text("working_directory"),
  config: jsonb("config").notNull().default({}),
  /** Names only; the values are in the vault. */
  credentialNames: jsonb("credential_names").notNull().default([]),
  credentialDelivery: text("credential_delivery").notNull().default("init_message"),
  permissions: jsonb("permissions").notNull().default([]),
  network: jsonb("network").notNull().default([]),
  /** codex-plugin.json as last read: {displayName?, command?, args?, permissions?, network?}. */
  fileWishes: jsonb("file_wishes").notNull().default({}),
  /** As last read from the plugin. */
  seenManifest: jsonb("seen_manifest"),
  seenDigest: text("seen_digest"),
  /** As approved: what the plugin may be is this, whatever it says later. */
  pinnedManifest: jsonb("pinned_manifest"),
  /** codex-plugin.json as it was then. */
  pinnedFileWishes: jsonb("pinned_file_wishes"),
  grantedVersion: text("granted_version"),
  grantedAt: instant("granted_at"),
  allowUnsandboxed: boolean("allow_unsandboxed").notNull().default(false),
  libraryIds: jsonb("library_ids").notNull().default([]),
  rateLimitRequestsPerMinute: integer("rate_limit_requests_per_minute"),
  requestTimeoutSeconds: integer("request_timeout_seconds").notNull().default(30),
  /** MiB resident, over all processes of one of its groups. */
  memoryLimitMb: integer("memory_limit_mb").notNull().default(256),
  logLevel: text("log_level").notNull().default("info"),
  searchQueryTemplate: text("search_query_template"),
  searchPreprocessingRules: jsonb("search_preprocessing_rules"),
  autoMatchConditions: jsonb("auto_match_conditions"),
  useExistingExternalId: boolean("use_existing_external_id").notNull().default(true),
  metadataTargets: jsonb("metadata_targets").notNull().default([]),
  syncCronSchedule: text("sync_cron_schedule"),
  sendFullMetadata: boolean("send_full_metadata").notNull().default(false),
  sendGenresAndTags: boolean("send_genres_and_tags").notNull().default(true),
  enabled: boolean("enabled").notNull().default(false),
  disabledReason: text("disabled_reason"),
  /** Plugin faults since the last success. */
  failureCount: integer("failure_count").notNull().default(0),
  /** When the latest plugin faults happened, as many as can turn it off and no older than an hour. */
  faultTimes: instant("fault_times").array().notNull().default(sql`'{}'`),
  lastFailureAt: instant("last_failure_at"),
  lastSuccessAt: instant("last_success_at"),
  /** The outside service failed: shown as degraded until the next success. */
  lastExternalFailureAt: instant("last_external_failure_at"),
  /** Grows with anything that a process is started with. */
  revision: integer("revision").notNull().default(1),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

export const pluginFailures = pluginHost.table("plugin_failures", {
  id: uuid("id").primaryKey().defaultRandom(),
  pluginId: uuid("plugin_id").notNull().references(() => plugins.id, { onDelete: "cascade" }),
  occurredAt: instant("occurred_at").notNull(),
  method: text("method"),
  errorCode: text("error_code"),
  errorMessage: text("error_message").notNull(),
  requestSummary: text("request_summary"),
  /** Whether it counts against the plugin's health (protocol.md: "Errors"). */
  counts: boolean("counts").notNull(),
}, (table) => [index("plugin_failures_by_time").on(table.pluginId, table.occurredAt.desc())]);

/**
 * What limits the calls of a system plugin, or of one connection to a user plugin: the current minute of
 * its rate limit, and a pause that the plugin asked for.
 */
export const callBuckets = pluginHost.table("call_buckets", {
  /** Of the plugin or the connection. */
  id: uuid("id").primaryKey(),
  pluginId: uuid("plugin_id").notNull().references(() => plugins.id, { onDelete: "cascade" }),
  /** Whose connection it is. */
  userId: uuid("user_id"),
  windowEndsAt: instant("window_ends_at"),
  /** Calls that replicas have leased in this window. */
  leased: integer("leased").notNull().default(0),
  /** Of them, what the latest lease got. */
  latestLease: integer("latest_lease").notNull().default(0),
  pausedUntil: instant("paused_until"),
}, (table) => [index("call_buckets_by_plugin").on(table.pluginId)]);

/** What left this server for a plugin with each call; names and numbers, no values. */
export const egress = pluginHost.table("egress", {
  /** Grows in the order of writing. */
  seq: bigint("seq", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  pluginId: uuid("plugin_id").notNull().references(() => plugins.id, { onDelete: "cascade" }),
  /** Of a user plugin's call. */
  connectionId: uuid("connection_id"),
  /** Whose data it was, or who asked. */
  userId: uuid("user_id"),
  occurredAt: instant("occurred_at").notNull(),
  method: text("method").notNull(),
  /** Names of the fields that were sent, as a JSON array. */
  fields: jsonb("fields").notNull(),
  /** Items of the lists that were sent. */
  entries: integer("entries").notNull(),
}, (table) => [
  index("egress_by_plugin").on(table.pluginId, table.seq),
  index("egress_by_user").on(table.userId, table.pluginId, table.seq),
  index("egress_by_connection").on(table.connectionId),
  index("egress_by_time").on(table.occurredAt),
]);

/** What passed between a plugin's processes and each granted host, by day. */
export const traffic = pluginHost.table("traffic", {
  /** Grows in the order in which a host was first reached on a day. */
  seq: bigint("seq", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  pluginId: uuid("plugin_id").notNull().references(() => plugins.id, { onDelete: "cascade" }),
  /** Of a user plugin's process. */
  connectionId: uuid("connection_id"),
  /** Whose connection it is. */
  userId: uuid("user_id"),
  /** Of UTC. */
  day: date("day", { mode: "string" }).notNull(),
  /** `host:port` */
  host: text("host").notNull(),
  connections: bigint("connections", { mode: "number" }).notNull(),
  bytesIn: bigint("bytes_in", { mode: "number" }).notNull(),
  bytesOut: bigint("bytes_out", { mode: "number" }).notNull(),
  refusals: bigint("refusals", { mode: "number" }).notNull(),
  lastAt: instant("last_at").notNull(),
}, (table) => [
  unique("traffic_once_a_day")
    .on(table.pluginId, table.connectionId, table.day, table.host).nullsNotDistinct(),
  index("traffic_by_plugin").on(table.pluginId, table.seq),
  index("traffic_by_user").on(table.userId, table.pluginId, table.seq),
  index("traffic_by_connection").on(table.connectionId),
  index("traffic_by_time").on(table.lastAt),
]);

/**
 * Connections and users that are gone: nothing of them is written any more, and no replica keeps their
 * files. By a digest, which nobody is found by.
 */
export const purged = pluginHost.table("purged", {
  /** SHA-256 of the id's text. */
  digest: bytea("digest").primaryKey(),
  purgedAt: instant("purged_at").notNull().defaultNow(),
}, (table) => [index("purged_by_time").on(table.purgedAt)]);

/**
 * Connections that were turned off: processes that were started before then end on every replica.
 * By a digest, as a purge must leave nothing that names the connection.
 */
export const withdrawn = pluginHost.table("withdrawn", {
  /** SHA-256 of the connection id's text. */
  digest: bytea("digest").primaryKey(),
  /** Of the connection; processes of an earlier one end. */
  revision: integer("revision").notNull(),
  withdrawnAt: instant("withdrawn_at").notNull().defaultNow(),
}, (table) => [index("withdrawn_by_time").on(table.withdrawnAt)]);

/** Lines for auth's audit log; each goes once it was taken there. */
export const owedAudits = pluginHost.table("owed_audits", {
  id: uuid("id").primaryKey().defaultRandom(),
  action: text("action").notNull(),
  /** The plugin that it is about, if it is about one. */
  target: uuid("target"),
  /** Who did it; null for what plugin-host did by itself. */
  actorId: uuid("actor_id"),
  requestId: text("request_id"),
  detail: jsonb("detail").notNull(),
  createdAt: instant("created_at").notNull().defaultNow(),
});
