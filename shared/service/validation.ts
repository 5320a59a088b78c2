/** Validation of requests by zod: every wrong field is named (http-api.md: "Errors"). */
import { zValidator } from "@hono/zod-validator";
import type { z } from "zod";
import { toPointer } from "@codex/protocol";
import { ProblemError } from "./problem_error.ts";

/** The JSON body, by `schema`. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return zValidator("json", schema, (result) => {
    if (!result.success) refuse(result.error.issues, "body");
  });
}

/** The query parameters, by `schema`. */
export function query<Schema extends z.ZodType>(schema: Schema) {
  return zValidator("query", schema, (result) => {
    if (!result.success) refuse(result.error.issues, "query");
  });
}

/** The path parameters, by `schema`; one that isn't well formed names nothing, so it answers 404. */
export function path<Schema extends z.ZodType>(schema: Schema) {
  return zValidator("param", schema, (result) => {
    if (!result.success) {
      throw new ProblemError("not_found", "There is nothing with this id");
    }
  });
}

function refuse(
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
  part: "body" | "query",
): never {
  const errors = issues.map((issue) => ({
    pointer: part === "body" ? toPointer(issue.path) : `?${issue.path.map(String).join(".")}`,
    detail: issue.message,
  }));
  const named = errors.map((error) => `${error.pointer || part}: ${error.detail}`).join("; ");
  throw new ProblemError("bad_request", named, { errors });
}
