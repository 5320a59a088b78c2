/** Calls around syncs, their tasks, and recommendations. */
import { z } from "zod";
import { TaskId } from "../../ids.ts";
import { operationTable } from "../operation.ts";
import { Empty, PageQuery } from "../paging.ts";
import * as sync from "../sync.ts";
import { Task } from "../tasks.ts";
import { UserPlugin } from "../user_plugins.ts";
import * as recommendations from "../user_recommendations.ts";

const PLUGIN = "/user/plugins/{pluginId}";

export const syncOperations = operationTable(
  { tag: "Sync", owner: "sync", access: "plugins:use" },
  [
    {
      id: "startSync",
      method: "post",
      path: `${PLUGIN}/sync`,
      summary: "Sync your progress now, or say what a sync would do",
      body: sync.SyncRequest,
      answer: sync.SyncStarted,
    },
    {
      id: "setSyncMode",
      method: "patch",
      path: `${PLUGIN}/sync-mode`,
      owner: "gateway",
      summary: "Sync by the plugin's schedule, or only by hand",
      body: sync.SyncModeChange,
      answer: UserPlugin,
    },
    {
      id: "getSyncStatus",
      method: "get",
      path: `${PLUGIN}/sync/status`,
      summary: "How your sync stands; with `live`, asks the plugin as well",
      query: sync.SyncStatusQuery,
      answer: sync.SyncStatus,
    },
    {
      id: "listSyncRuns",
      method: "get",
      path: `${PLUGIN}/sync/runs`,
      summary: "Your syncs, newest first: what each did",
      query: PageQuery,
      answer: sync.SyncRunPage,
    },
    {
      id: "listSyncOutbox",
      method: "get",
      path: `${PLUGIN}/sync/outbox`,
      summary: "Entries that the plugin has not taken, and why",
      query: PageQuery,
      answer: sync.OutboxPage,
    },
    {
      id: "retrySyncOutbox",
      method: "post",
      path: `${PLUGIN}/sync/outbox/retry`,
      summary: "Send entries again now: those named, or all",
      body: sync.OutboxRetry,
      answer: sync.OutboxRetried,
    },
    {
      id: "discardSyncOutboxEntry",
      method: "delete",
      path: `${PLUGIN}/sync/outbox/{id}`,
      summary: "Don't send an entry as it is now",
      answer: Empty,
    },
    {
      id: "listUnmatchedEntries",
      method: "get",
      path: `${PLUGIN}/sync/unmatched`,
      summary: "Entries of the service that belong to no series here",
      query: PageQuery,
      answer: sync.UnmatchedPage,
    },
    {
      id: "listEntryMatches",
      method: "get",
      path: `${PLUGIN}/sync/matches`,
      summary: "Series that stand for entries of the service by your word, or as it found them",
      query: PageQuery,
      answer: sync.EntryMatchPage,
    },
    {
      id: "matchEntry",
      method: "put",
      path: `${PLUGIN}/sync/matches`,
      summary: "Tie an entry of the service to a series, or take that back",
      body: sync.EntryMatchChange,
      answer: sync.EntryMatchAnswer,
    },
    {
      id: "getNewestTask",
      method: "get",
      path: `${PLUGIN}/tasks`,
      summary: "The newest task of your connection",
      answer: Task,
    },
  ],
);

export const recommendationOperations = operationTable(
  { tag: "Recommendations", owner: "sync", access: "plugins:use" },
  [
    {
      id: "listRecommendations",
      method: "get",
      path: "/user/recommendations",
      summary: "What your plugins recommend to read next, merged, and how fresh it is",
      answer: recommendations.RecommendationList,
    },
    {
      id: "refreshRecommendations",
      method: "post",
      path: "/user/recommendations/refresh",
      summary: "Ask your plugins for new recommendations",
      answer: recommendations.RefreshAnswer,
    },
    {
      id: "dismissRecommendation",
      method: "post",
      path: "/user/recommendations/{externalId}/dismiss",
      pathParams: { externalId: z.string() },
      summary: "Never recommend this again",
      body: recommendations.DismissRequest,
      answer: recommendations.DismissAnswer,
    },
  ],
);

export const taskOperations = operationTable(
  { tag: "Tasks", owner: "sync", access: "any" },
  [
    {
      id: "getTask",
      method: "get",
      path: "/tasks/{id}",
      pathParams: { id: TaskId },
      ownerByTask: true,
      summary: "How a task stands, and its result",
      answer: Task,
    },
    {
      id: "watchTask",
      method: "get",
      path: "/tasks/{id}/events",
      pathParams: { id: TaskId },
      ownerByTask: true,
      events: true,
      summary: "A task's changes as they happen: events `task`; the stream ends with the task",
      answer: Task,
    },
  ],
);
