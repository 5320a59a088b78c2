import { Hono } from "hono";
import { z } from "zod";
import { type Library, LibraryId, LibraryPatch, NewLibrary, PageQuery } from "@codex/protocol";
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
} from "@codex/service";
import {
  deleteLibrary,
  findLibrary,
  insertLibrary,
  listLibraries,
  updateLibrary,
} from "../db/library_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { positionBy } from "../domain/position.ts";
import { storableText } from "../domain/storable_text.ts";

export const LibraryPath = z.object({ id: LibraryId });
const LIST = "libraries";

export function libraryRoutes(deps: LibraryDeps) {
  const { db } = deps;
  return new Hono<RequestEnv>()
    .get("/", requireScope("library:read"), query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const after = decodeCursor(LIST, positionBy(z.string()), cursor);
      const rows = await listLibraries(db, after, limit + 1);
      const page = pageOfRows(
        rows,
        limit,
        (row) => row,
        ({ id, name }) => encodeCursor(LIST, [name, id]),
      );
      return c.json(page, 200);
    })
    .post("/", requireScope("library:manage"), jsonBody(NewLibrary), async (c) => {
      const { name, path } = c.req.valid("json");
      const id = LibraryId.parse(deps.newId());
      await insertLibrary(db, {
        id,
        name: storableText(name),
        path: path === undefined ? null : storableText(path),
        at: new Date(deps.now()),
      });
      return c.json(await findOrRefuse(deps, id), 201);
    })
    .get("/:id", requireScope("library:read"), path(LibraryPath), async (c) => {
      return c.json(await findOrRefuse(deps, c.req.valid("param").id), 200);
    })
    .patch(
      "/:id",
      requireScope("library:manage"),
      path(LibraryPath),
      jsonBody(LibraryPatch),
      async (c) => {
        const { id } = c.req.valid("param");
        const { name, path } = c.req.valid("json");
        await updateLibrary(db, id, {
          ...(name !== undefined && { name: storableText(name) }),
          ...(path !== undefined && { path: path === null ? null : storableText(path) }),
          updatedAt: new Date(deps.now()),
        });
        return c.json(await findOrRefuse(deps, id), 200);
      },
    )
    .delete("/:id", requireScope("library:manage"), path(LibraryPath), async (c) => {
      if (!await deleteLibrary(db, c.req.valid("param").id)) throw noLibrary();
      return c.json({}, 200);
    });
}

async function findOrRefuse(deps: LibraryDeps, id: LibraryId): Promise<Library> {
  const library = await findLibrary(deps.db, id);
  if (library === undefined) throw noLibrary();
  return library;
}

function noLibrary(): ProblemError {
  return new ProblemError("not_found", "There is no such library");
}
