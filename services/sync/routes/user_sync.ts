/** `/user/plugins/{pluginId}/sync…`: a user's syncs (http-api.md: "Plugins, every user"). */
import { Hono } from "hono";
import {
  API_BASE,
  EntryMatchChange,
  OutboxRetry,
  PageQuery,
  PathPluginId,
  PluginId,
  SyncRequest,
  SyncStatusQuery,
} from "@codex/protocol";
import {
  callContext,
  callers,
  decodeCursor,
  encodeCursor,
  jsonBody,
  pageOfRows,
  path,
  ProblemError,
  query,
  type RequestEnv,
  requireScope,
} from "@codex/service";
import { z } from "zod";
import { listUnmatched } from "../db/entry_queries.ts";
import { pageMatches } from "../db/match_queries.ts";
import { listOutbox } from "../db/outbox_queries.ts";
import { findNewestRun, listSyncs } from "../db/run_queries.ts";
import type { SyncDeps } from "../deps.ts";
import { connectionTo } from "../workflows/connections.ts";
import { toMatchView, toOutboxView, toUnmatchedView } from "../workflows/entry_views.ts";
import { matchEntry, unmatchEntry } from "../workflows/matching.ts";
import { discardEntry, retryEntries } from "../workflows/outbox.ts";
import { taskIdOf, toRunView, toTask } from "../workflows/run_views.ts";
import { beginByHand } from "../workflows/start_run.ts";
import { syncStatus } from "../workflows/sync_status.ts";

const byPlugin = path(PathPluginId);
const byEntry = path(z.object({ pluginId: PluginId, id: z.uuid() }));

export function userSyncRoutes(deps: SyncDeps) {
  const { db } = deps;
  return new Hono<RequestEnv>()
    .basePath(`${API_BASE}/user/plugins/:pluginId`)
    .use(callers(deps.identity, "gateway"), requireScope("plugins:use"))
    .post("/sync", byPlugin, jsonBody(SyncRequest), async (c) => {
      const { pluginId } = c.req.valid("param");
      const { dryRun } = c.req.valid("json");
      const runId = await beginByHand(deps, callContext(c), pluginId, dryRun);
      const message = dryRun ? "The dry run has begun" : "The sync has begun";
      return c.json({ taskId: taskIdOf(runId), message }, 200);
    })
    .get("/sync/status", byPlugin, query(SyncStatusQuery), async (c) => {
      const { pluginId } = c.req.valid("param");
      const { live } = c.req.valid("query");
      return c.json(await syncStatus(deps, callContext(c), pluginId, live), 200);
    })
    .get("/sync/runs", byPlugin, query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const { id } = await connectionTo(deps, callContext(c), c.req.valid("param").pluginId);
      const position = decodeCursor("runs", z.tuple([z.iso.datetime(), z.uuid()]), cursor);
      const before = position && { at: position[0], id: position[1] };
      const rows = await listSyncs(db, id, before, limit + 1);
      return c.json(
        pageOfRows(
          rows,
          limit,
          toRunView,
          (run) => encodeCursor("runs", [run.createdAt.toISOString(), run.id]),
        ),
        200,
      );
    })
    .get("/tasks", byPlugin, async (c) => {
      const { id } = await connectionTo(deps, callContext(c), c.req.valid("param").pluginId);
      const newest = await findNewestRun(db, id);
      if (newest === undefined) throw new ProblemError("not_found", "There is no task yet");
      return c.json(toTask(newest), 200);
    })
    .get("/sync/outbox", byPlugin, query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const { id } = await connectionTo(deps, callContext(c), c.req.valid("param").pluginId);
      const [after = -1] = decodeCursor("outbox", z.tuple([z.int()]), cursor) ?? [];
      const rows = await listOutbox(db, id, after, limit + 1);
      return c.json(
        pageOfRows(rows, limit, toOutboxView, (row) => encodeCursor("outbox", [row.sequence])),
        200,
      );
    })
    .post("/sync/outbox/retry", byPlugin, jsonBody(OutboxRetry), async (c) => {
      const { ids } = c.req.valid("json");
      const { pluginId } = c.req.valid("param");
      return c.json(await retryEntries(deps, callContext(c), pluginId, ids), 200);
    })
    .delete("/sync/outbox/:id", byEntry, async (c) => {
      const { pluginId, id } = c.req.valid("param");
      await discardEntry(deps, callContext(c), pluginId, id);
      return c.json({}, 200);
    })
    .get("/sync/unmatched", byPlugin, query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const { id } = await connectionTo(deps, callContext(c), c.req.valid("param").pluginId);
      const [after = ""] = decodeCursor("unmatched", z.tuple([z.string()]), cursor) ?? [];
      const rows = await listUnmatched(db, id, after, limit + 1);
      return c.json(
        pageOfRows(rows, limit, toUnmatchedView, (row) => encodeCursor("unmatched", [row.key])),
        200,
      );
    })
    .get("/sync/matches", byPlugin, query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const { id } = await connectionTo(deps, callContext(c), c.req.valid("param").pluginId);
      const position = decodeCursor("matches", z.tuple([z.string(), z.uuid()]), cursor);
      const after = position && { externalId: position[0], seriesId: position[1] };
      const rows = await pageMatches(db, id, after, limit + 1);
      return c.json(
        pageOfRows(
          rows,
          limit,
          toMatchView,
          (row) => encodeCursor("matches", [row.externalId, row.seriesId]),
        ),
        200,
      );
    })
    .put("/sync/matches", byPlugin, jsonBody(EntryMatchChange), async (c) => {
      const { pluginId } = c.req.valid("param");
      const { externalId, seriesId } = c.req.valid("json");
      if (seriesId === null) {
        await unmatchEntry(deps, callContext(c), pluginId, externalId);
        return c.json({ applied: false }, 200);
      }
      const applied = await matchEntry(deps, callContext(c), pluginId, externalId, seriesId);
      return c.json({ applied }, 200);
    });
}
