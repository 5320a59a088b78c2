/** The audit log: read by administrators, added to by every service. */
import { Hono } from "hono";
import { z } from "zod";
import { AuditEntry, NewAuditEntry, PageQuery } from "@codex/protocol";
import {
  callers,
  decodeCursor,
  encodeCursor,
  jsonBody,
  pageOfRows,
  query,
  type RequestEnv,
  requireScope,
} from "@codex/service";
import { type AuditRow, insertAuditLine, listAuditLines } from "../db/audit_queries.ts";
import type { AuthDeps } from "../deps.ts";

const LIST = "audit";

/** `GET /admin/audit` */
export function auditRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  return new Hono<RequestEnv>()
    .get("/", gateway, requireScope("users:admin"), query(PageQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const [before] = decodeCursor(LIST, z.tuple([z.int().positive()]), cursor) ?? [];
      const rows = await listAuditLines(deps.db, before, limit + 1);
      const cursorOf = (row: AuditRow) => encodeCursor(LIST, [row.seq]);
      return c.json(pageOfRows(rows, limit, toAuditEntry, cursorOf), 200);
    });
}

/** `POST /internal/audit` */
export function auditAppendRoutes(deps: AuthDeps) {
  const services = callers(
    deps.identity,
    "gateway",
    "library",
    "plugin-host",
    "storage",
    "sync",
  );
  return new Hono<RequestEnv>()
    .post("/", services, jsonBody(NewAuditEntry), async (c) => {
      const { action, target, detail, actorId } = c.req.valid("json");
      await insertAuditLine(deps.db, {
        at: new Date(deps.now()),
        source: c.get("caller")!,
        // A user that the caller may assert counts before one that it merely names.
        actorId: c.get("subject")?.userId ?? actorId,
        action,
        target,
        detail,
      });
      return c.json({}, 201);
    });
}

function toAuditEntry(row: AuditRow): AuditEntry {
  return AuditEntry.parse({
    id: row.id,
    at: row.at.toISOString(),
    source: row.source,
    action: row.action,
    detail: row.detail,
    ...(row.actorId !== null && { actorId: row.actorId }),
    ...(row.actorName !== null && { actorName: row.actorName }),
    ...(row.target !== null && { target: row.target }),
  });
}
