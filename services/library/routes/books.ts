import { Hono } from "hono";
import { z } from "zod";
import { type Book, BookId, BookPatch, JsonObject } from "@codex/protocol";
import {
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import { findBook } from "../db/book_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { editDocument } from "../workflows/documents.ts";

const BookPath = z.object({ id: BookId });

export function bookRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .get("/:id", requireScope("library:read"), path(BookPath), async (c) => {
      const book = await findOrRefuse(deps, subjectOf(c).userId, c.req.valid("param").id);
      return c.json(book, 200);
    })
    .patch(
      "/:id",
      requireScope("library:write"),
      path(BookPath),
      jsonBody(BookPatch),
      async (c) => {
        const { id } = c.req.valid("param");
        const { metadata, lock } = c.req.valid("json");
        const { userId } = subjectOf(c);
        const edit = { metadata: JsonObject.parse(metadata), lock };
        await editDocument(deps, userId, "book", id, edit);
        return c.json(await findOrRefuse(deps, userId, id), 200);
      },
    );
}

async function findOrRefuse(deps: LibraryDeps, userId: string, id: BookId): Promise<Book> {
  const book = await findBook(deps.db, userId, id);
  if (book === undefined) throw new ProblemError("not_found", "There is no such book");
  return book;
}
