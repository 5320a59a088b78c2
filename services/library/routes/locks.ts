/** Locks of series and of books: a locked field is written by people only. */
import { Hono } from "hono";
import { BulkLockChange, LockChanges, PathIds } from "@codex/protocol";
import { jsonBody, path, ProblemError, type RequestEnv, requireScope } from "@codex/service";
import { transact } from "../db/database.ts";
import { writeSeriesLocks } from "../db/document_queries.ts";
import type { LibraryDeps } from "../deps.ts";
import type { Locks } from "../domain/act.ts";
import { FIELDS_OF_KIND, type Kind, unknownFields } from "../domain/document.ts";
import { changeLocks } from "../workflows/documents.ts";
import { findOrRefuse } from "../workflows/enrich.ts";

export function lockRoutes(deps: LibraryDeps, kind: Kind) {
  return new Hono<RequestEnv>()
    .get("/:id/metadata/locks", requireScope("library:read"), path(PathIds), async (c) => {
      const stored = await findOrRefuse(deps, kind, c.req.valid("param").id);
      return c.json(everyLock(kind, stored.locks), 200);
    })
    .put(
      "/:id/metadata/locks",
      requireScope("library:write"),
      path(PathIds),
      jsonBody(LockChanges),
      async (c) => {
        const changes = c.req.valid("json");
        refuseUnknown(kind, changes, "");
        const locks = await changeLocks(deps, kind, c.req.valid("param").id, changes);
        return c.json(everyLock(kind, locks), 200);
      },
    );
}

export function bulkLockRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .put(
      "/bulk/metadata/locks",
      requireScope("library:write"),
      jsonBody(BulkLockChange),
      async (c) => {
        const { seriesIds, locks } = c.req.valid("json");
        refuseUnknown("series", locks, "/locks");
        const fields = Object.keys(locks);
        const lock = fields.filter((field) => locks[field]);
        const unlock = fields.filter((field) => !locks[field]);
        const updated = await transact(
          deps.db,
          (tx) => writeSeriesLocks(tx, seriesIds, lock, unlock),
        );
        return c.json({ updated }, 200);
      },
    );
}

function everyLock(kind: Kind, locks: Locks): Locks {
  return Object.fromEntries(FIELDS_OF_KIND[kind].map((field) => [field, locks[field] ?? false]));
}

function refuseUnknown(kind: Kind, changes: Locks, base: string): void {
  const errors = unknownFields(kind, Object.keys(changes)).map((field) => ({
    pointer: `${base}/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    detail: `A ${kind} has no field "${field}"`,
  }));
  if (errors.length === 0) return;
  throw new ProblemError("bad_request", errors.map(({ detail }) => detail).join("; "), { errors });
}
