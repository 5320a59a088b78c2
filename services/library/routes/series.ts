import { Hono } from "hono";
import { z } from "zod";
import {
  JsonObject,
  PageQuery,
  type Series,
  SeriesId,
  SeriesPatch,
  SeriesQuery,
} from "@codex/protocol";
import {
  decodeCursor,
  encodeCursor,
  jsonBody,
  pageOfRows,
  path,
  ProblemError,
  query,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { listBooks } from "../db/book_queries.ts";
import { findSeries, listSeries, sortKeyOf } from "../db/series_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { positionBy } from "../domain/position.ts";
import { queryWords, toQuery } from "../domain/search_words.ts";
import { editDocument } from "../workflows/documents.ts";

const SeriesPath = z.object({ id: SeriesId });
const BOOKS = "books";
/** Of a page's last book: its number, where it has one, its title, and its id. */
const BookPosition = z.tuple([z.number().nullable(), z.string(), z.uuid()])
  .transform(([number, title, id]) => ({ key: [number, title] as [number | null, string], id }));

export function seriesRoutes(deps: LibraryDeps) {
  const { db } = deps;
  return new Hono<RequestEnv>()
    .get("/", requireScope("library:read"), query(SeriesQuery), async (c) => {
      const { libraryId, q, sort, cursor, limit } = c.req.valid("query");
      const key = sort.endsWith("title") ? z.string() : z.iso.datetime();
      const after = decodeCursor(sort, positionBy(key), cursor);
      const words = queryWords(q ?? "");
      const { rows, candidates } = await listSeries(db, subjectOf(c).userId, {
        libraryId,
        words: words.length === 0 ? undefined : toQuery(words),
        sort,
        after,
        limit: limit + 1,
      });
      const page = pageOfRows(
        rows,
        limit,
        (row) => row,
        (row) => encodeCursor(sort, [sortKeyOf(sort, row), row.id]),
        candidates,
      );
      return c.json(page, 200);
    })
    .get("/:id", requireScope("library:read"), path(SeriesPath), async (c) => {
      const series = await findOrRefuse(deps, subjectOf(c).userId, c.req.valid("param").id);
      return c.json(series, 200);
    })
    .patch(
      "/:id",
      requireScope("library:write"),
      path(SeriesPath),
      jsonBody(SeriesPatch),
      async (c) => {
        const { id } = c.req.valid("param");
        const { metadata, lock } = c.req.valid("json");
        const { userId } = subjectOf(c);
        const edit = { metadata: JsonObject.parse(metadata), lock };
        await editDocument(deps, userId, "series", id, edit);
        return c.json(await findOrRefuse(deps, userId, id), 200);
      },
    )
    .get(
      "/:id/books",
      requireScope("library:read"),
      path(SeriesPath),
      query(PageQuery),
      async (c) => {
        const { id } = c.req.valid("param");
        const { cursor, limit } = c.req.valid("query");
        const { userId } = subjectOf(c);
        const after = decodeCursor(BOOKS, BookPosition, cursor);
        const { rows, candidates } = await listBooks(db, userId, id, after, limit + 1);
        if (rows.length === 0) await findOrRefuse(deps, userId, id);
        const page = pageOfRows(
          rows,
          limit,
          (row) => row,
          ({ number = null, titleSort, id }) => encodeCursor(BOOKS, [number, titleSort, id]),
          candidates,
        );
        return c.json(page, 200);
      },
    );
}

async function findOrRefuse(deps: LibraryDeps, userId: string, id: SeriesId): Promise<Series> {
  const series = await findSeries(deps.db, userId, id);
  if (series === undefined) throw new ProblemError("not_found", "There is no such series");
  return series;
}
