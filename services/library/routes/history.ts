/** Who wrote what, and undoing it. */
import { Hono } from "hono";
import { z } from "zod";
import { HistoryId, PageQuery, PathIds } from "@codex/protocol";
import {
  decodeCursor,
  encodeCursor,
  pageOfRows,
  path,
  query,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { listHistory } from "../db/history_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import type { Kind } from "../domain/document.ts";
import { revertHistory } from "../workflows/documents.ts";
import { findOrRefuse } from "../workflows/enrich.ts";

const LIST = "history";
const HistoryPath = z.object({ id: HistoryId });

export function historyRoutes(deps: LibraryDeps, kind: Kind) {
  return new Hono<RequestEnv>()
    .get(
      "/:id/history",
      requireScope("library:read"),
      path(PathIds),
      query(PageQuery),
      async (c) => {
        const { id } = c.req.valid("param");
        const { cursor, limit } = c.req.valid("query");
        const [before] = decodeCursor(LIST, z.tuple([z.int()]), cursor) ?? [];
        const { rows, candidates } = await listHistory(deps.db, kind, id, before, limit + 1);
        if (rows.length === 0) await findOrRefuse(deps, kind, id);
        const page = pageOfRows(
          rows,
          limit,
          ({ entry }) => entry,
          ({ sequence }) => encodeCursor(LIST, [sequence]),
          candidates,
        );
        return c.json(page, 200);
      },
    );
}

export function revertRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .post("/:id/revert", requireScope("library:write"), path(HistoryPath), async (c) => {
      const answer = await revertHistory(deps, subjectOf(c).userId, c.req.valid("param").id);
      return c.json(answer, 200);
    });
}
