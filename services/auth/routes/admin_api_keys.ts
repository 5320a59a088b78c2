/** `/admin/api-keys`: what API tokens there are, of whom, and ending them. */
import { Hono } from "hono";
import { z } from "zod";
import { AdminApiKey, AdminApiKeyQuery, IsoDateTime, PathIds } from "@codex/protocol";
import {
  callers,
  decodeCursor,
  encodeCursor,
  pageOfRows,
  path,
  ProblemError,
  query,
  type RequestEnv,
  requireFresh,
  requireScope,
} from "@codex/service";
import { listEveryonesApiKeys } from "../db/api_key_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { endApiKey } from "../workflows/api_keys.ts";
import { administratorOf, refusedToToken } from "./administrator.ts";
import { toApiKey } from "./api_keys.ts";

const LIST = "everyones_api_keys";
const Cursor = z.tuple([IsoDateTime, z.uuid()]);

type Row = Awaited<ReturnType<typeof listEveryonesApiKeys>>[number];

export function adminApiKeyRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const admin = requireScope("users:admin");
  return new Hono<RequestEnv>()
    .get("/", gateway, admin, query(AdminApiKeyQuery), async (c) => {
      const { cursor, limit, userId } = c.req.valid("query");
      const [at, id] = decodeCursor(LIST, Cursor, cursor) ?? [];
      const after = at !== undefined && id !== undefined
        ? { createdAt: new Date(at), id }
        : undefined;
      const rows = await listEveryonesApiKeys(deps.db, { userId, after, limit: limit + 1 });
      return c.json(pageOfRows(rows, limit, toAdminApiKey, cursorOf), 200);
    })
    .delete("/:id", gateway, admin, requireFresh, path(PathIds), async (c) => {
      const result = await endApiKey(deps, administratorOf(c), c.req.valid("param").id);
      if (result.kind === "not_found") {
        throw new ProblemError("not_found", "There is no such API token");
      }
      if (result.kind !== "ended") throw refusedToToken(result);
      return c.json({}, 200);
    });
}

function cursorOf({ key }: Row): string {
  return encodeCursor(LIST, [key.createdAt.toISOString(), key.id]);
}

function toAdminApiKey({ key, username }: Row): AdminApiKey {
  return AdminApiKey.parse({ ...toApiKey(key), userId: key.userId, username });
}
