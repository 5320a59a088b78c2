/** Messages of sync plugins (protocol.md: "sync/…"). */
import { z } from "zod";
import { WebAddress } from "./document_limits.ts";
import { arrayOf, IsoDateTime, Json, listOf } from "./json.ts";

export const ReadingStatus = z.enum([
  "reading",
  "completed",
  "on_hold",
  "dropped",
  "plan_to_read",
]);

export const ReadBook = z.object({
  volume: z.number().optional(),
  chapter: z.number().optional(),
  completed: z.boolean(),
  currentPage: z.int().nonnegative().optional(),
  progressPercentage: z.number().min(0).max(100).optional(),
});

export const SyncProgress = z.object({
  chapters: z.number().nonnegative().optional(),
  /** Count of books read. */
  volumes: z.number().nonnegative().optional(),
  pages: z.number().nonnegative().optional(),
  totalChapters: z.number().nonnegative().optional(),
  totalVolumes: z.number().nonnegative().optional(),
  /** Highest volume number read. */
  maxVolume: z.number().nonnegative().optional(),
  /** Highest chapter number read. */
  maxChapter: z.number().nonnegative().optional(),
  /** Only for plugins with wantsDetailedProgress. */
  readBooks: arrayOf(ReadBook).optional(),
});

export const SyncEntry = z.object({
  /** Empty when only the title is known and search fallback is on. */
  externalId: z.string(),
  status: ReadingStatus,
  progress: SyncProgress.optional(),
  score: z.number().min(0).max(100).optional(),
  startedAt: IsoDateTime.optional(),
  completedAt: IsoDateTime.optional(),
  notes: z.string().optional(),
  latestUpdatedAt: IsoDateTime.optional(),
  title: z.string().optional(),
  libraryId: z.string().optional(),
  libraryName: z.string().optional(),
  genres: arrayOf(z.string()).optional(),
  tags: arrayOf(z.string()).optional(),
  metadata: Json.optional(),
  customMetadata: Json.optional(),
});
export type SyncEntry = z.infer<typeof SyncEntry>;

export const UserInfo = z.object({
  externalId: z.string(),
  username: z.string(),
  avatarUrl: WebAddress.optional(),
  profileUrl: WebAddress.optional(),
});

export const PushOutcome = z.object({
  externalId: z.string(),
  status: z.enum(["created", "updated", "unchanged", "failed"]),
  error: z.string().optional(),
  /** Addition of this project: the protocol's error code of a failure. */
  errorCode: z.int().optional(),
  /** Addition: with -32001, when to send the entry again. */
  retryAfterSeconds: z.number().nonnegative().optional(),
  /** Addition: of an entry that was sent without an id; `externalId` is then what was found. */
  title: z.string().optional(),
});

export type PushOutcome = z.infer<typeof PushOutcome>;

export const PushParams = z.object({ entries: z.array(SyncEntry) });
/** Each item is a {@linkcode PushOutcome}, read by itself: a bad one doesn't cost the others. */
export const PushAnswer = z.object({ success: listOf(Json), failed: listOf(Json) });

export const PullParams = z.object({
  since: IsoDateTime.optional(),
  limit: z.int().positive().optional(),
  cursor: z.string().optional(),
});
/** Each item is a {@linkcode SyncEntry}, read by itself: a bad one doesn't cost the page. */
export const PullAnswer = z.object({
  entries: listOf(Json),
  nextCursor: z.string().optional(),
  hasMore: z.boolean().optional(),
});

export const SyncStatusAnswer = z.object({
  lastSyncAt: IsoDateTime.optional(),
  externalCount: z.int().nonnegative().optional(),
  pendingPush: z.int().nonnegative(),
  pendingPull: z.int().nonnegative(),
  conflicts: z.int().nonnegative(),
});

/** Parameters and answers of the sync methods. */
export const syncMethods = {
  "sync/getUserInfo": { params: z.object({}), answer: UserInfo },
  "sync/pushProgress": { params: PushParams, answer: PushAnswer },
  "sync/pullProgress": { params: PullParams, answer: PullAnswer },
  "sync/status": { params: z.object({}), answer: SyncStatusAnswer },
} as const;
