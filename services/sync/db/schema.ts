/** Tables of sync. Everything is of one connection and names its user, by which it is purged. */
import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  json,
  pgSchema,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

export const sync = pgSchema("sync");

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** The states in which a run still holds its connection. */
const UNFINISHED = sql.raw("('queued', 'running', 'paused')");

/** One run of one connection, kept as its history. */
export const syncRuns = sync.table("sync_runs", {
  /** Its task id in the public API is `syn_` and this. */
  id: uuid("id").primaryKey(),
  connectionId: uuid("connection_id").notNull(),
  pluginId: uuid("plugin_id").notNull(),
  userId: uuid("user_id").notNull(),
  startedBy: text("started_by", { enum: ["user", "schedule"] }).notNull(),
  /** Says what it would do, and changes nothing. */
  dryRun: boolean("dry_run").notNull().default(false),
  state: text("state", { enum: ["queued", "running", "paused", "succeeded", "failed"] })
    .notNull().default("queued"),
  pulled: integer("pulled").notNull().default(0),
  matched: integer("matched").notNull().default(0),
  applied: integer("applied").notNull().default(0),
  pushed: integer("pushed").notNull().default(0),
  unchanged: integer("unchanged").notNull().default(0),
  failed: integer("failed").notNull().default(0),
  /** Why it failed or waits, in words for the reader. */
  reason: text("reason"),
  createdAt: instant("created_at").notNull().defaultNow(),
  startedAt: instant("started_at"),
  finishedAt: instant("finished_at"),
}, (table) => [
  index("sync_runs_connection_id").on(table.connectionId, table.createdAt.desc()),
  index("sync_runs_user_id").on(table.userId),
  // Never two runs of one connection at once, over all replicas.
  uniqueIndex("sync_runs_unfinished").on(table.connectionId)
    .where(sql`${table.state} IN ${UNFINISHED}`),
]);

/** An entry that its plugin has not acknowledged. */
export const outboxEntries = sync.table("outbox_entries", {
  id: uuid("id").primaryKey().defaultRandom(),
  connectionId: uuid("connection_id").notNull(),
  /** The plugin's own id of the series; "" where it is to search by title. */
  externalId: text("external_id").notNull(),
  userId: uuid("user_id").notNull(),
  /** SyncEntry as it was last sent; `json` keeps it as it came. */
  entry: json("entry").notNull(),
  attempts: integer("attempts").notNull().default(0),
  /** Why the last attempt failed, in words for the reader. */
  lastError: text("last_error"),
  /** Absent: it waits for the reader. */
  nextAttemptAt: instant("next_attempt_at"),
  createdAt: instant("created_at").notNull().defaultNow(),
}, (table) => [
  index("outbox_entries_connection_id").on(table.connectionId),
  index("outbox_entries_user_id").on(table.userId),
]);
