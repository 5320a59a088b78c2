/** `/users`: user administration. */
import { Hono } from "hono";
import { z } from "zod";
import { NewUser, PathIds, User, UserPatch, UserQuery } from "@codex/protocol";
import {
  callers,
  decodeCursor,
  encodeCursor,
  jsonBody,
  pageOfRows,
  path,
  ProblemError,
  query,
  type RequestEnv,
  requireFresh,
  requireScope,
} from "@codex/service";
import { listUsers, type UserRow } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { changeUser, createUser, removeUser, type UserRefusal } from "../workflows/users.ts";
import { administratorOf, refusedToToken } from "./administrator.ts";

const LIST = "users";

export function userRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  const admin = requireScope("users:admin");
  return new Hono<RequestEnv>()
    .get("/", gateway, admin, query(UserQuery), async (c) => {
      const { cursor, limit } = c.req.valid("query");
      const [after] = decodeCursor(LIST, z.tuple([z.string()]), cursor) ?? [];
      const rows = await listUsers(deps.db, after, limit + 1);
      const cursorOf = (row: UserRow) => encodeCursor(LIST, [row.usernameKey]);
      return c.json(pageOfRows(rows, limit, toUser, cursorOf), 200);
    })
    .post("/", gateway, admin, requireFresh, jsonBody(NewUser), async (c) => {
      const request = c.req.valid("json");
      const result = await createUser(deps, administratorOf(c), request);
      if (result.kind === "name_taken") {
        throw new ProblemError("name_taken", `User "${request.username}" is there already`);
      }
      if (result.kind !== "created") throw refusedToToken(result);
      return c.json(toUser(result.user), 201);
    })
    .patch("/:id", gateway, admin, requireFresh, path(PathIds), jsonBody(UserPatch), async (c) => {
      const { id } = c.req.valid("param");
      const result = await changeUser(deps, administratorOf(c), id, c.req.valid("json"));
      if (result.kind !== "changed") throw refusal(result);
      return c.json(toUser(result.user), 200);
    })
    .delete("/:id", gateway, admin, requireFresh, path(PathIds), async (c) => {
      const result = await removeUser(deps, administratorOf(c), c.req.valid("param").id);
      if (result.kind !== "deleted") throw refusal(result);
      return c.json({}, 200);
    });
}

function refusal(refused: UserRefusal): ProblemError {
  switch (refused.kind) {
    case "not_found":
      return new ProblemError("not_found", "There is no such user");
    case "last_admin":
      return new ProblemError(
        "last_admin",
        "Make another administrator first: this is the last one",
      );
    default:
      return refusedToToken(refused);
  }
}

function toUser(row: UserRow): User {
  const { id, username, email, role } = row;
  return User.parse({ id, username, email, role, createdAt: row.createdAt.toISOString() });
}
