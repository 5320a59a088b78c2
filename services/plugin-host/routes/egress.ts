/** What left for a plugin, for the administrator and for the user it concerns. */
import { Hono } from "hono";
import { z } from "zod";
import {
  type AdminEgressEntry,
  API_BASE,
  type EgressEntry,
  PageQuery,
  PluginId,
} from "@codex/protocol";
import {
  callers,
  path,
  ProblemError,
  query,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import type { AppDeps } from "../app.ts";
import { type EgressRecord, listEgress } from "../db/egress_queries.ts";

export function egressRoutes({ db, registry, identity }: AppDeps) {
  const gateway = callers(identity, "gateway");
  return new Hono<RequestEnv>()
    .basePath(API_BASE)
    .get(
      "/user/plugins/:pluginId/egress",
      gateway,
      requireScope("plugins:use"),
      path(z.object({ pluginId: PluginId })),
      query(PageQuery),
      async (c) => {
        const { id } = await registry.find(c.req.valid("param").pluginId);
        const { cursor, limit } = c.req.valid("query");
        const page = { beforeSeq: readCursor(cursor), limit: limit + 1 };
        const rows = await listEgress(db, id, subjectOf(c).userId, page);
        return c.json(toPage(rows, limit, toEntry), 200);
      },
    )
    .get(
      "/admin/plugins/:id/egress",
      gateway,
      requireScope("plugins:admin"),
      path(z.object({ id: PluginId })),
      query(PageQuery),
      async (c) => {
        const { id } = await registry.find(c.req.valid("param").id);
        const { cursor, limit } = c.req.valid("query");
        const page = { beforeSeq: readCursor(cursor), limit: limit + 1 };
        const rows = await listEgress(db, id, undefined, page);
        return c.json(toPage(rows, limit, toAdminEntry), 200);
      },
    );
}

/** The cursor is the last line of the page before. */
function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const detail = "Is not a cursor of this list";
  throw new ProblemError("bad_request", `?cursor: ${detail}`, {
    errors: [{ pointer: "?cursor", detail }],
  });
}

/** @param rows one more than the page where there is a next one */
function toPage<Item>(
  rows: readonly EgressRecord[],
  limit: number,
  toItem: (row: EgressRecord) => Item,
): { items: Item[]; nextCursor?: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasNext = rows.length > limit && last !== undefined;
  return { items: page.map(toItem), ...(hasNext && { nextCursor: String(last.seq) }) };
}

function toEntry({ occurredAt, method, fields, entries }: EgressRecord): EgressEntry {
  return { at: occurredAt.toISOString(), method, fields, entries };
}

function toAdminEntry(row: EgressRecord): AdminEgressEntry {
  const { userId, connectionId } = row;
  return {
    ...toEntry(row),
    ...(userId !== null && { userId }),
    ...(connectionId !== null && { connectionId }),
  };
}
