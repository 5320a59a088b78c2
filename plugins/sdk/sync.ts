/** Params and answers of the sync methods. Optional fields take `undefined`, which JSON drops. */
import type { JsonValue } from "./json_rpc.ts";

export const READING_STATUSES = [
  "reading",
  "completed",
  "on_hold",
  "dropped",
  "plan_to_read",
] as const;
export type ReadingStatus = typeof READING_STATUSES[number];

/** One book of a series, for plugins with `wantsDetailedProgress`. */
export interface ReadBook {
  readonly volume?: number | undefined;
  readonly chapter?: number | undefined;
  readonly completed: boolean;
  readonly currentPage?: number | undefined;
  /** 0..100. */
  readonly progressPercentage?: number | undefined;
}

export interface SyncProgress {
  readonly chapters?: number | undefined;
  /** From the host: how many books are read. To the host: the volume up to which they are. */
  readonly volumes?: number | undefined;
  readonly pages?: number | undefined;
  readonly totalChapters?: number | undefined;
  readonly totalVolumes?: number | undefined;
  /** Highest volume number read. */
  readonly maxVolume?: number | undefined;
  /** Highest chapter number read; may be fractional. */
  readonly maxChapter?: number | undefined;
  /** Only for plugins with `wantsDetailedProgress`. */
  readonly readBooks?: readonly ReadBook[] | undefined;
}

/** How far a reader is in one series. Times are ISO 8601. */
export interface SyncEntry {
  /** The service's id; from the host it is "" when only the title is known: search for it. */
  readonly externalId: string;
  readonly status: ReadingStatus;
  readonly progress?: SyncProgress | undefined;
  /** 0..100; only with the reader's leave. */
  readonly score?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly completedAt?: string | undefined;
  /** Only with the reader's leave. */
  readonly notes?: string | undefined;
  readonly latestUpdatedAt?: string | undefined;
  readonly title?: string | undefined;
  readonly libraryId?: string | undefined;
  readonly libraryName?: string | undefined;
  readonly genres?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: JsonValue | undefined;
  readonly customMetadata?: JsonValue | undefined;
}

/** The reader's account at the service. */
export interface UserInfo {
  readonly externalId: string;
  readonly username: string;
  readonly avatarUrl?: string | undefined;
  readonly profileUrl?: string | undefined;
}

export interface PushParams {
  readonly entries: readonly SyncEntry[];
}

export const PUSH_STATUSES = ["created", "updated", "unchanged", "failed"] as const;
export type PushStatus = typeof PUSH_STATUSES[number];

/** What became of one entry; every entry of the params gets one. */
export interface PushResult {
  /** As it was sent; for an entry sent without one, the id that was found, else "". */
  readonly externalId: string;
  readonly status: PushStatus;
  /** Why it failed, for the reader. */
  readonly error?: string | undefined;
  /** Which kind of failure: one of `ERROR_CODES`. */
  readonly errorCode?: number | undefined;
  /** With `ERROR_CODES.rateLimited`: when to send the entry again. */
  readonly retryAfterSeconds?: number | undefined;
  /** Of an entry that was sent without an id: its title, by which the host knows it again. */
  readonly title?: string | undefined;
}

/** A plugin that can't go on answers with what it did so far and the rest as failed. */
export interface PushAnswer {
  readonly success?: readonly PushResult[] | undefined;
  readonly failed?: readonly PushResult[] | undefined;
}

export interface PullParams {
  /** Only what changed since; a plugin that can't tell answers with everything. ISO 8601. */
  readonly since?: string | undefined;
  /** How many entries are wanted at most; 1 or more. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface PullAnswer {
  readonly entries: readonly SyncEntry[];
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string | undefined;
}

export interface SyncStatus {
  /** ISO 8601. */
  readonly lastSyncAt?: string | undefined;
  /** How many entries the account has at the service. */
  readonly externalCount?: number | undefined;
  readonly pendingPush?: number | undefined;
  readonly pendingPull?: number | undefined;
  readonly conflicts?: number | undefined;
}
