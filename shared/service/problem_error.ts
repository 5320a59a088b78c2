/** Errors that become problem+json (RFC 9457), and what makes them of whatever was thrown. */
import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { DrizzleQueryError } from "drizzle-orm/errors";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type FieldError, type Problem, type ProblemCode, PROBLEMS } from "@codex/protocol";
import type { Logger } from "./logger.ts";
import { type RequestEnv, requestIdOf } from "./request_id.ts";

/** Wrong fields that an answer names. A body of 1 MiB has room for 100,000, and each costs its time. */
export const FIELD_ERRORS_TOLD_MAX = 100;
const DETAIL_CHARACTERS_MAX = 16_384;
/** Of a place, and of what is wrong there: both may repeat names of the request. */
const FIELD_CHARACTERS_MAX = 2000;

export interface ProblemOptions {
  /** Every wrong field of the request; the first {@linkcode FIELD_ERRORS_TOLD_MAX} are told. */
  errors?: readonly FieldError[];
  /** Seconds, sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** A plugin's own JSON-RPC error, where that is the cause. */
  pluginError?: { code: number; message: string };
  cause?: unknown;
}

/** A refusal with a code of the closed list; its message is shown to the caller, so it holds no secret. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly pluginError: { code: number; message: string } | undefined;

  constructor(readonly code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(shortened(detail, DETAIL_CHARACTERS_MAX), { cause: options.cause });
    this.errors = options.errors?.slice(0, FIELD_ERRORS_TOLD_MAX).map(({ pointer, detail }) => ({
      pointer: shortened(pointer, FIELD_CHARACTERS_MAX),
      detail: shortened(detail, FIELD_CHARACTERS_MAX),
    }));
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.pluginError = options.pluginError;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

function shortened(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${text.slice(0, charactersMax).toWellFormed()}…`;
}

/** The one `onError` of every service. What is not a {@linkcode ProblemError} is logged and told as `internal`. */
export function problemHandler(logger: Logger): ErrorHandler<RequestEnv> {
  return (error, c) => {
    const problem = toProblemError(error);
    if (problem.code === "internal") {
      logger.error("Request failed: {method} {path}", {
        method: c.req.method,
        path: c.req.path,
        requestId: requestIdOf(c),
        ...describeError(error),
      });
    }
    return problemResponse(c, problem);
  };
}

export const notFoundHandler: NotFoundHandler<RequestEnv> = (c) =>
  problemResponse(
    c,
    new ProblemError("not_found", `There is no ${c.req.method} ${c.req.path}`),
  );

/** Writes a problem as an answer. */
export function problemResponse(c: Context<RequestEnv>, error: ProblemError): Response {
  const { status, title } = PROBLEMS[error.code];
  const body: Problem = {
    type: `urn:codex:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    instance: c.req.path,
    code: error.code,
    requestId: requestIdOf(c),
    ...(error.errors && { errors: [...error.errors] }),
    ...(error.pluginError && { pluginError: error.pluginError }),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (error.retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
  }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, headers);
}

function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HTTPException) {
    if (error.status === 413) return new ProblemError("payload_too_large", "The body is too large");
    if (error.status < 500) {
      return new ProblemError("bad_request", error.message || "The request is not valid");
    }
  }
  if (isUnstorableText(error)) {
    const detail =
      "A text holds what can't be stored: the character NUL, or half of a surrogate pair";
    return new ProblemError("bad_request", detail, { cause: error });
  }
  return new ProblemError(
    "internal",
    "Something went wrong here; the log has it by the request id",
    {
      cause: error,
    },
  );
}

/**
 * Whether PostgreSQL refused a query for NUL in a text (22021) or in jsonb (22P05), or for a lone
 * surrogate in jsonb (22P02, told from other malformed values by its detail).
 */
function isUnstorableText(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (!(cause instanceof Error) || cause.name !== "PostgresError") return false;
  const code: unknown = Reflect.get(cause, "code");
  const detail = String(Reflect.get(cause, "detail"));
  return code === "22021" || code === "22P05" ||
    (code === "22P02" && detail.startsWith("Unicode "));
}

/**
 * What of an error may be logged. Drizzle's messages hold the SQL with every parameter: only the
 * cause of such an error is told.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { errorText: String(error) };
  if (error instanceof DrizzleQueryError) {
    return { errorName: "DrizzleQueryError", ...describeCause(error.cause) };
  }
  return {
    errorName: error.name,
    errorText: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : describeCause(error.cause)),
  };
}

function describeCause(cause: unknown): Record<string, unknown> {
  if (cause instanceof DrizzleQueryError) return describeCause(cause.cause);
  if (!(cause instanceof Error)) return {};
  const code = Reflect.get(cause, "code");
  return { causeName: cause.name, causeText: cause.message, causeCode: code };
}
