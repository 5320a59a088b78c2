/** Validation of requests by zod: every wrong field is named (http-api.md: "Errors"). */
import { zValidator } from "@hono/zod-validator";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import {
  type ExactJson,
  inexactNumber,
  inexactWords,
  isDeeperThan,
  jsonFault,
  parseExact,
  pathOfInfinite,
  plainWords,
  toPointer,
  WIRE_DEPTH_MAX,
} from "@codex/protocol";
import { FIELD_ERRORS_TOLD_MAX, ProblemError } from "./problem_error.ts";

type Issue = z.core.$ZodIssue;

const WORDS = { error: plainWords };

/** The JSON body, by `schema`; one with a number that would be kept as another is refused. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  const validate = zValidator("json", schema, undefined, {
    validationFunction: async (schema, value) => {
      // Depth first: zod recurses, and so does what writes the value on.
      if (isDeeperThan(value, WIRE_DEPTH_MAX)) {
        const detail = `The body is nested deeper than ${WIRE_DEPTH_MAX} levels`;
        throw new ProblemError("bad_request", detail);
      }
      const result = await schema.safeParseAsync(value, WORDS);
      return result.success ? result : refuse(result.error.issues, "body");
    },
  });
  const checked: typeof validate = async (context, next) => {
    const text = await context.req.text();
    refuseInexact(text);
    try {
      return await validate(context, next);
    } catch (error) {
      // The validator says only that it isn't JSON.
      const fault = error instanceof HTTPException ? jsonFault(text) : undefined;
      throw fault === undefined ? error : new ProblemError("bad_request", fault);
    }
  };
  return checked;
}

/** The query parameters, by `schema`. */
export function query<Schema extends z.ZodType>(schema: Schema) {
  return zValidator("query", schema, undefined, {
    validationFunction: async (schema, value) => {
      const result = await schema.safeParseAsync(value, WORDS);
      return result.success ? result : refuse(result.error.issues, "query");
    },
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

/** What is no JSON is refused by the validator, which has words for it. */
function refuseInexact(text: string): void {
  if (inexactNumber(text) === undefined) return;
  let read: ExactJson;
  try {
    read = parseExact(text);
  } catch {
    return;
  }
  const { value, inexact } = read;
  if (inexact === undefined || isDeeperThan(value, WIRE_DEPTH_MAX)) return;
  const pointer = toPointer(pathOfInfinite(value) ?? []);
  const detail = inexactWords(inexact);
  throw new ProblemError("bad_request", `${pointer || "body"}: ${detail}`, {
    errors: [{ pointer, detail }],
  });
}

function refuse(issues: readonly Issue[], part: "body" | "query"): never {
  const told = issues.slice(0, FIELD_ERRORS_TOLD_MAX).flatMap((issue) => insideUnion(issue))
    .slice(0, FIELD_ERRORS_TOLD_MAX);
  const errors = told.map((issue) => ({
    pointer: part === "body" ? toPointer(issue.path) : `?${issue.path.map(String).join(".")}`,
    detail: issue.message,
  }));
  const named = errors.map((error) => `${error.pointer || part}: ${error.detail}`).join("; ");
  throw new ProblemError("bad_request", named, { errors });
}

/**
 * What is wrong in the alternative that fits best: the one whose faults lie deepest. Of a union itself
 * zod says no more than "Invalid input".
 */
function insideUnion(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const depthOf = (faults: readonly Issue[]) =>
    Math.max(0, ...faults.map((fault) => fault.path.length));
  const deepest = Math.max(...issue.errors.map(depthOf));
  if (deepest === 0) {
    const messages = issue.errors.flatMap((faults) => faults.map((fault) => fault.message));
    const [first, ...others] = new Set(messages);
    const alternatives = others.map((message) => message.replace(/^Must be /, ""));
    return [{ ...issue, message: [first, ...alternatives].join(", or ") }];
  }
  const best = issue.errors.find((faults) => depthOf(faults) === deepest) ?? [];
  return best.flatMap((fault) => insideUnion({ ...fault, path: [...issue.path, ...fault.path] }));
}
