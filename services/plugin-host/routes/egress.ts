/** What left for a plugin, by call and by host, for the administrator and for the user it concerns. */
import { Hono } from "hono";
import { z } from "zod";
import {
  type AdminEgressEntry,
  type AdminTrafficEntry,
  API_BASE,
  type EgressEntry,
  PageQuery,
  PluginId,
  type TrafficEntry,
} from "@codex/protocol";
import {
  callers,
  decodeCursor,
  encodeCursor,
  pageOfRows,
  path,
  query,
  type RequestEnv,
  requireScope,
  subjectOf,
} from "@codex/service";
import type { AppDeps } from "../deps.ts";
import { type EgressRecord, listEgress } from "../db/egress_queries.ts";
import { listTraffic, type TrafficRecord } from "../db/traffic_queries.ts";

const LIST = "egress";

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
        return c.json(pageOfRows(rows, limit, toEntry, cursorOf), 200);
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
        return c.json(pageOfRows(rows, limit, toAdminEntry, cursorOf), 200);
      },
    )
    .get(
      "/user/plugins/:pluginId/egress/hosts",
      gateway,
      requireScope("plugins:use"),
      path(z.object({ pluginId: PluginId })),
      query(PageQuery),
      async (c) => {
        const { id } = await registry.find(c.req.valid("param").pluginId);
        const { cursor, limit } = c.req.valid("query");
        const page = { beforeSeq: readCursor(cursor), limit: limit + 1 };
        const rows = await listTraffic(db, id, subjectOf(c).userId, page);
        return c.json(pageOfRows(rows, limit, toTraffic, cursorOf), 200);
      },
    )
    .get(
      "/admin/plugins/:id/egress/hosts",
      gateway,
      requireScope("plugins:admin"),
      path(z.object({ id: PluginId })),
      query(PageQuery),
      async (c) => {
        const { id } = await registry.find(c.req.valid("param").id);
        const { cursor, limit } = c.req.valid("query");
        const page = { beforeSeq: readCursor(cursor), limit: limit + 1 };
        const rows = await listTraffic(db, id, undefined, page);
        return c.json(pageOfRows(rows, limit, toAdminTraffic, cursorOf), 200);
      },
    );
}

function readCursor(cursor: string | undefined): number | undefined {
  return decodeCursor(LIST, z.tuple([z.int().nonnegative()]), cursor)?.[0];
}

function cursorOf({ seq }: Pick<EgressRecord, "seq">): string {
  return encodeCursor(LIST, [seq]);
}

function toEntry({ occurredAt, method, fields, entries }: EgressRecord): EgressEntry {
  return { at: occurredAt.toISOString(), method, fields, entries };
}

function toAdminEntry(row: EgressRecord): AdminEgressEntry {
  return { ...toEntry(row), ...whose(row) };
}

function toTraffic(row: TrafficRecord): TrafficEntry {
  const { day, host, connections, bytesIn, bytesOut, refusals, lastAt } = row;
  return { day, host, connections, bytesIn, bytesOut, refusals, lastAt: lastAt.toISOString() };
}

function toAdminTraffic(row: TrafficRecord): AdminTrafficEntry {
  return { ...toTraffic(row), ...whose(row) };
}

function whose({ userId, connectionId }: Pick<EgressRecord, "userId" | "connectionId">) {
  return {
    ...(userId !== null && { userId }),
    ...(connectionId !== null && { connectionId }),
  };
}
