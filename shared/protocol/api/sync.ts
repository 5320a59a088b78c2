/** A user's sync runs and what they leave behind (http-api.md: "Plugins, every user"). */
import { z } from "zod";
import { PluginId, SeriesId, TaskId } from "../ids.ts";
import { IsoDateTime, JsonObject } from "../json.ts";
import { ReadingStatus } from "../sync.ts";
import { pageOf } from "./paging.ts";
import { HealthStatus } from "./plugins.ts";
import { TaskState } from "./tasks.ts";

/** `dryRun` says what would be pulled and pushed, and changes nothing anywhere. */
export const SyncRequest = z.object({ dryRun: z.boolean().default(false) });
export const SyncStarted = z.object({ taskId: TaskId, message: z.string() });

export const SyncModeChange = z.object({ auto: z.boolean() });

/** What a run did, or would do when it is dry. */
export const SyncCounts = z.object({
  /** Entries that the service told. */
  pulled: z.int().nonnegative(),
  /** Of these, those that belong to a series here. */
  matched: z.int().nonnegative(),
  /** Of these, those that changed something here. */
  applied: z.int().nonnegative(),
  /** Entries that the plugin acknowledged. */
  pushed: z.int().nonnegative(),
  /** Entries that had nothing new to say. */
  unchanged: z.int().nonnegative(),
  /** Entries that the plugin did not take: they wait in the outbox. */
  failed: z.int().nonnegative(),
  /** Entries of the service that are not of their shape: skipped, and told in `notes`. */
  invalid: z.int().nonnegative(),
});
export type SyncCounts = z.infer<typeof SyncCounts>;

/** Something about one entry that a reader may want to know. */
export const SyncNote = z.object({ externalId: z.string().optional(), detail: z.string() });
export type SyncNote = z.infer<typeof SyncNote>;

/** `retry`: what had failed before, once its wait is over. */
export const SyncStartedBy = z.enum(["user", "schedule", "retry"]);

export const SyncResult = SyncCounts.extend({
  startedBy: SyncStartedBy,
  dryRun: z.boolean(),
  /** Milliseconds from its start to its end, waits included. */
  durationMs: z.int().nonnegative(),
  notes: z.array(SyncNote),
  /** More notes than are kept. */
  notesTruncated: z.boolean(),
});
export type SyncResult = z.infer<typeof SyncResult>;

export const SyncRun = z.object({
  id: TaskId,
  state: TaskState,
  startedBy: SyncStartedBy,
  dryRun: z.boolean(),
  counts: SyncCounts,
  notes: z.array(SyncNote),
  reason: z.string().optional(),
  resumesAt: IsoDateTime.optional(),
  durationMs: z.int().nonnegative().optional(),
  createdAt: IsoDateTime,
  startedAt: IsoDateTime.optional(),
  finishedAt: IsoDateTime.optional(),
});
export const SyncRunPage = pageOf(SyncRun);

/** With `live`, the plugin itself is asked as well. */
export const SyncStatusQuery = z.object({
  live: z.union([z.stringbool(), z.literal("").transform(() => true)]).default(false),
});
export const SyncStatus = z.object({
  pluginId: PluginId,
  lastSyncAt: IsoDateTime.optional(),
  lastSuccessAt: IsoDateTime.optional(),
  externalCount: z.int().nonnegative().optional(),
  /** Entries in the outbox. */
  pendingPush: z.int().nonnegative().optional(),
  /** Entries of the service that belong to no series here. */
  pendingPull: z.int().nonnegative().optional(),
  conflicts: z.int().nonnegative().optional(),
  connected: z.boolean(),
  enabled: z.boolean(),
  healthStatus: HealthStatus,
  /** The run that goes on, waits or is queued. */
  runningTaskId: TaskId.optional(),
  liveError: z.string().optional(),
});

/** An entry that the plugin has not acknowledged. */
export const OutboxEntry = z.object({
  id: z.uuid(),
  /** Empty where the service is to find the series by its title. */
  externalId: z.string(),
  title: z.string().optional(),
  /** The entry as it is sent. */
  entry: JsonObject,
  attempts: z.int().nonnegative(),
  reason: z.string().optional(),
  /** Absent once it waits for the reader. */
  nextAttemptAt: IsoDateTime.optional(),
  createdAt: IsoDateTime,
});
export const OutboxPage = pageOf(OutboxEntry);

/** All of them when none are named. */
export const OutboxRetry = z.object({ ids: z.array(z.uuid()).max(1000).optional() });
export const OutboxRetried = z.object({
  retried: z.int().nonnegative(),
  /** Absent where nothing was to be retried, or a run goes on that takes them along. */
  taskId: TaskId.optional(),
});

/** An entry of the service that belongs to no series here. */
export const UnmatchedEntry = z.object({
  externalId: z.string(),
  title: z.string().optional(),
  status: ReadingStatus,
  volumes: z.number().optional(),
  chapters: z.number().optional(),
  score: z.number().optional(),
  seenAt: IsoDateTime,
});
export const UnmatchedPage = pageOf(UnmatchedEntry);

/** A series that stands for an entry of the service, by the reader's word or by a search that found it. */
export const EntryMatch = z.object({
  externalId: z.string(),
  seriesId: SeriesId,
  source: z.enum(["reader", "search"]),
  createdAt: IsoDateTime,
});
export const EntryMatchPage = pageOf(EntryMatch);

/** `null` takes the match back; what it brought stays. */
export const EntryMatchChange = z.object({
  externalId: z.string().min(1).max(500),
  seriesId: SeriesId.nullable(),
});
export const EntryMatchAnswer = z.object({
  /** Whether the entry changed something in that series. */
  applied: z.boolean(),
});
