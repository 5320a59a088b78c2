/** `/api-keys`: a user's own API tokens. */
import { Hono } from "hono";
import { ApiKey, NewApiKey, PathIds } from "@codex/protocol";
import {
  callers,
  jsonBody,
  path,
  ProblemError,
  type RequestEnv,
  requireFresh,
  requireScope,
  subjectOf,
} from "@codex/service";
import { type ApiKeyRow, listApiKeys } from "../db/api_key_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { API_KEYS_PER_USER_MAX, createApiKey, revokeApiKey } from "../workflows/api_keys.ts";
import { requireSession, requireSessionId } from "./request_client.ts";

export function apiKeyRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const account = requireScope("account");
  return new Hono<RequestEnv>()
    .get("/", gateway, account, async (c) => {
      const rows = await listApiKeys(deps.db, subjectOf(c).userId);
      return c.json({ items: rows.map(toApiKey) }, 200);
    })
    // A token that made others would outlive its own end, and its revocation.
    .post("/", gateway, account, requireFresh, requireSession, jsonBody(NewApiKey), async (c) => {
      const result = await createApiKey(
        deps,
        subjectOf(c),
        requireSessionId(c),
        c.req.valid("json"),
      );
      switch (result.kind) {
        case "created":
          c.header("cache-control", "no-store");
          return c.json({ ...toApiKey(result.key), secret: result.secret }, 201);
        case "beyond_own_scopes":
          throw new ProblemError(
            "forbidden",
            `You can't give what you don't have: ${result.scopes.join(", ")}`,
          );
        case "already_expired": {
          const error = { pointer: "/expiresAt", detail: "Must be in the future" };
          throw new ProblemError("bad_request", `/expiresAt: ${error.detail}`, {
            errors: [error],
          });
        }
        case "too_many":
          throw new ProblemError(
            "quota_exceeded",
            `A user has at most ${API_KEYS_PER_USER_MAX} API tokens: delete one first`,
          );
        case "gone":
          throw new ProblemError("unauthenticated", "Sign in again: the session has ended");
      }
    })
    .delete("/:id", gateway, account, path(PathIds), async (c) => {
      if (!await revokeApiKey(deps, subjectOf(c), c.req.valid("param").id)) {
        throw new ProblemError("not_found", "You have no such API token");
      }
      return c.json({}, 200);
    });
}

export function toApiKey(row: ApiKeyRow): ApiKey {
  return ApiKey.parse({
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    prefix: row.prefix,
    createdAt: row.createdAt.toISOString(),
    ...(row.expiresAt !== null && { expiresAt: row.expiresAt.toISOString() }),
    ...(row.lastUsedAt !== null && { lastUsedAt: row.lastUsedAt.toISOString() }),
  });
}
