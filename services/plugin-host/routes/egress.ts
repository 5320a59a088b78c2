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
  type UserId,
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
import type { Executor } from "../db/plugin_queries.ts";
import { type EgressRecord, listEgress } from "../db/egress_queries.ts";
import { listTraffic, type TrafficRecord } from "../db/traffic_queries.ts";

const LIST = "egress";

export function egressRoutes({ db, registry, identity }: AppDeps) {
  const gateway = callers(identity, "gateway");

  /** @param userId whose entries alone; undefined for everybody's */
  const pageOf = async <Row extends { readonly seq: number }, Entry>(
    list: List<Row>,
    toEntry: (row: Row) => Entry,
    plugin: PluginId,
    userId: UserId | undefined,
    { cursor, limit }: z.output<typeof PageQuery>,
  ) => {
    const { id } = await registry.find(plugin);
    const rows = await list(db, id, userId, { beforeSeq: readCursor(cursor), limit: limit + 1 });
    return pageOfRows(rows, limit, toEntry, cursorOf);
  };

  /** Both pages of one ledger: the user's own entries, and for an administrator everybody's. */
  const pages = <Row extends { readonly seq: number }, Entry, AdminEntry>(
    suffix: string,
    list: List<Row>,
    toEntry: (row: Row) => Entry,
    toAdminEntry: (row: Row) => AdminEntry,
  ) =>
    new Hono<RequestEnv>()
      .get(
        `/user/plugins/:id/${suffix}`,
        gateway,
        requireScope("plugins:use"),
        path(z.object({ id: PluginId })),
        query(PageQuery),
        async (c) => {
          const { userId } = subjectOf(c);
          const { id } = c.req.valid("param");
          return c.json(await pageOf(list, toEntry, id, userId, c.req.valid("query")), 200);
        },
      )
      .get(
        `/admin/plugins/:id/${suffix}`,
        gateway,
        requireScope("plugins:admin"),
        path(z.object({ id: PluginId })),
        query(PageQuery),
        async (c) => {
          const { id } = c.req.valid("param");
          return c.json(await pageOf(list, toAdminEntry, id, undefined, c.req.valid("query")), 200);
        },
      );

  return new Hono<RequestEnv>()
    .basePath(API_BASE)
    .route("/", pages("egress", listEgress, toEntry, toAdminEntry))
    .route("/", pages("egress/hosts", listTraffic, toTraffic, toAdminTraffic));
}

/** Reads the newest entries before a number, those of one user or of all. */
type List<Row> = (
  db: Executor,
  pluginId: PluginId,
  userId: UserId | undefined,
  page: { readonly beforeSeq: number | undefined; readonly limit: number },
) => Promise<Row[]>;

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
