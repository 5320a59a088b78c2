/** Tables of sync. Everything is of one connection and names its user, by which it is purged. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

export const sync = pgSchema("sync");

/** To the millisecond, as the service's clock gives it: a cursor holds it exactly. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** The states in which a run still holds its connection. */
const UNFINISHED = sql.raw("('queued', 'running', 'paused')");

/** What a connection keeps beside its runs. */
export const connectionSyncs = sync.table("connection_syncs", {
  connectionId: uuid("connection_id").primaryKey(),
  pluginId: uuid("plugin_id").notNull(),
  userId: uuid("user_id").notNull(),
  /** The account at the service that the entries are known of; null until it has been told. */
  account: text("account"),
  /** Syncs by the plugin's schedule. */
  autoSync: boolean("auto_sync").notNull().default(false),
  /** When the last pull that came to its end began: the next one asks for what changed since. */
  pulledAt: instant("pulled_at"),
  lastSyncAt: instant("last_sync_at"),
  lastSuccessAt: instant("last_success_at"),
}, (table) => [
  index("connection_syncs_user_id").on(table.userId),
  index("connection_syncs_auto").on(table.pluginId, table.connectionId).where(
    sql`${table.autoSync}`,
  ),
]);

/** One run of one connection, kept as its history: a sync, or a refresh of its recommendations. */
export const syncRuns = sync.table("sync_runs", {
  /** Its task id in the public API is `syn_` and this. */
  id: uuid("id").primaryKey(),
  kind: text("kind", { enum: ["sync", "recommendations"] }).notNull().default("sync"),
  connectionId: uuid("connection_id").notNull(),
  pluginId: uuid("plugin_id").notNull(),
  userId: uuid("user_id").notNull(),
  startedBy: text("started_by", { enum: ["user", "schedule", "retry"] }).notNull(),
  /** Says what it would do, and changes nothing. */
  dryRun: boolean("dry_run").notNull().default(false),
  state: text("state", { enum: ["queued", "running", "paused", "succeeded", "failed"] })
    .notNull().default("queued"),
  /** The step it is in, and goes on with after a stop. */
  phase: text("phase", { enum: ["pull", "rematch", "build", "push", "recommend"] }).notNull(),
  /** Where the plugin's next page begins; absent at the first. */
  cursor: text("cursor"),
  pages: integer("pages").notNull().default(0),
  /** When its pull began. */
  pullStartedAt: instant("pull_started_at"),
  /** Entries in a batch, as the plugin's answers taught. */
  batchSize: integer("batch_size").notNull(),
  /** Entries that were to be pushed when the pushing began. */
  pushTotal: integer("push_total"),
  /** Counts those who took it up: only the last may write. */
  attempt: integer("attempt").notNull().default(0),
  /** The last taker is at work until then at most. */
  leaseUntil: instant("lease_until"),
  /** Stops since the last step that brought it forward. */
  stalls: integer("stalls").notNull().default(0),
  /** Not before. */
  resumeAt: instant("resume_at"),
  pulled: integer("pulled").notNull().default(0),
  matched: integer("matched").notNull().default(0),
  applied: integer("applied").notNull().default(0),
  pushed: integer("pushed").notNull().default(0),
  unchanged: integer("unchanged").notNull().default(0),
  failed: integer("failed").notNull().default(0),
  invalid: integer("invalid").notNull().default(0),
  /** `SyncNote[]`; as many as are kept. */
  notes: jsonb("notes").notNull().default([]),
  notesTruncated: boolean("notes_truncated").notNull().default(false),
  /** Why it failed or waits, in words for the reader. */
  reason: text("reason"),
  createdAt: instant("created_at").notNull(),
  startedAt: instant("started_at"),
  /** When it last came forward. */
  progressedAt: instant("progressed_at"),
  finishedAt: instant("finished_at"),
}, (table) => [
  index("sync_runs_connection_id")
    .on(table.connectionId, table.kind, table.createdAt.desc(), table.id.desc()),
  index("sync_runs_user_id").on(table.userId),
  // Never two runs of a kind at once for one connection, over all replicas.
  uniqueIndex("sync_runs_unfinished").on(table.connectionId, table.kind)
    .where(sql`${table.state} IN ${UNFINISHED}`),
  index("sync_runs_finished_at").on(table.finishedAt),
]);

/**
 * What is known of one entry: what the service holds, and what it acknowledged. An entry that the
 * service finds by its title is keyed by its series until it is found.
 */
export const entryStates = sync.table("entry_states", {
  connectionId: uuid("connection_id").notNull(),
  /** `domain/entry_key.ts` */
  entryKey: text("entry_key").notNull(),
  userId: uuid("user_id").notNull(),
  /** `RemoteEntry`: as it was last pulled, raised by what was acknowledged since. */
  remote: jsonb("remote"),
  /** When it was last pulled. */
  remoteSeenAt: instant("remote_seen_at"),
  /** Whether what was pulled belongs to a series here. */
  matched: boolean("matched").notNull().default(true),
  /** Of the local entry that was last acknowledged or set aside; what has it is not sent again. */
  acknowledgedHash: text("acknowledged_hash"),
  /** `Extent` of that entry: news of the service within it is our own echo. */
  acknowledged: jsonb("acknowledged"),
  acknowledgedAt: instant("acknowledged_at"),
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.entryKey] }),
  index("entry_states_user_id").on(table.userId),
  index("entry_states_unmatched").on(table.connectionId, table.entryKey)
    .where(sql`not ${table.matched}`),
]);

/** An entry that its plugin has not acknowledged. */
export const outboxEntries = sync.table("outbox_entries", {
  id: uuid("id").primaryKey().defaultRandom(),
  connectionId: uuid("connection_id").notNull(),
  entryKey: text("entry_key").notNull(),
  /** The plugin's own id of the series; "" where it is to search by title. */
  externalId: text("external_id").notNull(),
  userId: uuid("user_id").notNull(),
  /** The order of sending. */
  sequence: bigint("sequence", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
  /** SyncEntry as it is sent; `json` keeps it as it came. */
  entry: json("entry").notNull(),
  /** Of the local entry that it was made from. */
  hash: text("hash").notNull(),
  /** `Extent` of that local entry. */
  extent: jsonb("extent").notNull(),
  /** The series that it was made from. */
  seriesIds: uuid("series_ids").array().notNull(),
  /** The run whose building last meant it to be sent. */
  builtBy: uuid("built_by").notNull(),
  attempts: integer("attempts").notNull().default(0),
  /** Why the last attempt failed, in words for the reader. */
  lastError: text("last_error"),
  /** Absent: it waits for the reader. */
  nextAttemptAt: instant("next_attempt_at"),
  createdAt: instant("created_at").notNull(),
}, (table) => [
  uniqueIndex("outbox_entries_key").on(table.connectionId, table.entryKey),
  index("outbox_entries_due").on(table.connectionId, table.nextAttemptAt),
  index("outbox_entries_waiting").on(table.nextAttemptAt),
  index("outbox_entries_user_id").on(table.userId),
]);

/** A series that stands for an entry of the service although its metadata doesn't say so. */
export const entryMatches = sync.table("entry_matches", {
  connectionId: uuid("connection_id").notNull(),
  externalId: text("external_id").notNull(),
  seriesId: uuid("series_id").notNull(),
  userId: uuid("user_id").notNull(),
  source: text("source", { enum: ["reader", "search"] }).notNull(),
  createdAt: instant("created_at").notNull(),
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.externalId, table.seriesId] }),
  index("entry_matches_user_id").on(table.userId),
]);

/** What a connection's plugin recommended last. */
export const recommendationLists = sync.table("recommendation_lists", {
  connectionId: uuid("connection_id").primaryKey(),
  pluginId: uuid("plugin_id").notNull(),
  userId: uuid("user_id").notNull(),
  /** `Recommendation[]`, best first. */
  items: jsonb("items").notNull().default([]),
  /** When the plugin made the list; absent until its first. */
  generatedAt: instant("generated_at"),
  /** Why the last refresh brought none, in words for the reader. */
  error: text("error"),
}, (table) => [index("recommendation_lists_user_id").on(table.userId)]);

/** What the reader doesn't want to see again, whatever a plugin recommends. */
export const dismissals = sync.table("dismissals", {
  connectionId: uuid("connection_id").notNull(),
  externalId: text("external_id").notNull(),
  userId: uuid("user_id").notNull(),
  reason: text("reason", { enum: ["not_interested", "already_read", "already_owned"] }),
  at: instant("at").notNull(),
  /** The plugin knows, or can't be told. */
  told: boolean("told").notNull().default(false),
  /** Failed attempts to tell it. */
  attempts: integer("attempts").notNull().default(0),
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.externalId] }),
  index("dismissals_user_id").on(table.userId),
  index("dismissals_untold").on(table.at).where(sql`not ${table.told}`),
]);
