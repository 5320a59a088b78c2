import { Hono } from "hono";
import { NDJSON } from "@codex/protocol";
import { path, ProblemError, type RequestEnv, requireScope } from "@codex/service";
import { findLibrary } from "../db/library_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import { importStream } from "../workflows/import.ts";
import { LibraryPath } from "./libraries.ts";

export function importRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .post("/:id/import", requireScope("library:manage"), path(LibraryPath), async (c) => {
      const given = c.req.header("content-type") ?? "";
      if (given.split(";", 1)[0]?.trim().toLowerCase() !== NDJSON) {
        throw new ProblemError(
          "unsupported_media_type",
          `An import is "${NDJSON}", not "${given.slice(0, 100)}"`,
        );
      }
      const libraryId = c.req.valid("param").id;
      if (await findLibrary(deps.db, libraryId) === undefined) {
        throw new ProblemError("not_found", "There is no such library");
      }
      const target = { libraryId, at: new Date(deps.now()), newId: deps.newId };
      const body = c.req.raw.body ?? new Blob([]).stream();
      return c.json(await importStream(deps.db, target, body), 200);
    });
}
