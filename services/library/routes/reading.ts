/** A reader's own progress and ratings. */
import { Hono } from "hono";
import { z } from "zod";
import { BookDocument, BookId, NewProgress, NewRating, SeriesId } from "@codex/protocol";
import {
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { transact } from "../db/database.ts";
import * as queries from "../db/reading_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { nextProgress } from "../domain/progress.ts";
import { storableText } from "../domain/storable_text.ts";
import { findOrRefuse } from "../workflows/enrich.ts";

const BookPath = z.object({ id: BookId });
const SeriesPath = z.object({ id: SeriesId });

const read = requireScope("library:read");
const write = requireScope("progress:write");

export function progressRoutes(deps: LibraryDeps) {
  const { db } = deps;
  return new Hono<RequestEnv>()
    .get("/:id/progress", read, path(BookPath), async (c) => {
      const { id } = c.req.valid("param");
      const progress = await queries.findProgress(db, subjectOf(c).userId, id);
      if (progress === undefined) {
        throw new ProblemError("not_found", "You have no progress in this book");
      }
      return c.json(progress, 200);
    })
    .put("/:id/progress", write, path(BookPath), jsonBody(NewProgress), async (c) => {
      const { id } = c.req.valid("param");
      const { userId } = subjectOf(c);
      const book = await findOrRefuse(deps, "book", id);
      const { pageCount } = BookDocument.parse(book.fields);
      const at = new Date(deps.now()).toISOString();
      const progress = await transact(db, async (tx) => {
        await queries.lockProgress(tx, userId, id);
        const previous = await queries.findProgress(tx, userId, id);
        const next = nextProgress(previous, c.req.valid("json"), pageCount, at);
        await queries.saveProgress(tx, userId, id, next);
        return next;
      });
      return c.json(progress, 200);
    })
    .delete("/:id/progress", write, path(BookPath), async (c) => {
      const { id } = c.req.valid("param");
      await findOrRefuse(deps, "book", id);
      await queries.deleteProgress(db, subjectOf(c).userId, id);
      return c.json({}, 200);
    });
}

export function ratingRoutes(deps: LibraryDeps) {
  const { db } = deps;
  return new Hono<RequestEnv>()
    .get("/:id/rating", read, path(SeriesPath), async (c) => {
      const { id } = c.req.valid("param");
      const rating = await queries.findRating(db, subjectOf(c).userId, id);
      if (rating === undefined) {
        throw new ProblemError("not_found", "You have not rated this series");
      }
      return c.json(rating, 200);
    })
    .put("/:id/rating", write, path(SeriesPath), jsonBody(NewRating), async (c) => {
      const { id } = c.req.valid("param");
      const { rating, notes } = c.req.valid("json");
      await findOrRefuse(deps, "series", id);
      const stored = {
        rating,
        ...(notes !== undefined && { notes: storableText(notes) }),
        updatedAt: new Date(deps.now()).toISOString(),
      };
      await transact(db, (tx) => queries.saveRating(tx, subjectOf(c).userId, id, stored));
      return c.json(stored, 200);
    })
    .delete("/:id/rating", write, path(SeriesPath), async (c) => {
      const { id } = c.req.valid("param");
      await findOrRefuse(deps, "series", id);
      await queries.deleteRating(db, subjectOf(c).userId, id);
      return c.json({}, 200);
    });
}
