/**
 * What every typed client of a service stands on: a fetch that carries identity, request id and
 * deadline, and a reader that checks the reply by schema.
 */
import type { z } from "zod";
import { type CallContext, MAY_ASSERT_USERS, Problem, type ServiceName } from "@codex/protocol";
import type { Identity } from "./identity_token.ts";
import { ProblemError } from "./problem_error.ts";
import { REQUEST_ID_HEADER } from "./request_id.ts";

/** Between services a reply comes within this time, unless the call says otherwise. */
export const SERVICE_DEADLINE_MS = 10_000;

export interface ServiceClientOptions {
  readonly identity: Identity;
  /** The service that is called. */
  readonly audience: ServiceName;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  readonly deadlineMs?: number;
}

/** Calls the service; for `hono/client`'s `fetch` option, and for forwarding. */
export type ServiceFetch = (
  context: CallContext,
  deadlineMs?: number,
) => (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes the fetch of a client.
 *
 * It throws {@linkcode ProblemError} `deadline_exceeded` or `service_unavailable` when no reply
 * comes; the caller's own leaving is passed on as its abort reason.
 */
export function createServiceFetch(options: ServiceClientOptions): ServiceFetch {
  const { identity, audience } = options;
  const send = options.fetch ?? fetch;
  return (context, deadlineMs = options.deadlineMs ?? SERVICE_DEADLINE_MS) =>
  async (
    input,
    init,
  ) => {
    // A service that may not assert users calls on its own account, whoever asked it.
    const subject = MAY_ASSERT_USERS.includes(identity.service) ? context.subject : undefined;
    const token = await identity.tokenFor(audience, subject);
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${token}`);
    headers.set(REQUEST_ID_HEADER, context.requestId);
    const deadline = AbortSignal.timeout(deadlineMs);
    const signals = [deadline, context.signal, init?.signal].filter((signal) => signal != null);
    try {
      return await send(input, { ...init, headers, signal: AbortSignal.any(signals) });
    } catch (error) {
      if (deadline.aborted) {
        throw new ProblemError(
          "deadline_exceeded",
          `Service "${audience}" did not answer within ${deadlineMs} ms`,
          { cause: error },
        );
      }
      if (context.signal?.aborted || init?.signal?.aborted) throw error;
      throw new ProblemError(
        "service_unavailable",
        `Service "${audience}" can't be reached: try again shortly`,
        { cause: error, retryAfterSeconds: 2 },
      );
    }
  };
}

/** What is read of a reply; `hono/client` types its own, which lack Deno's additions to `Response`. */
export type ServiceReply = Pick<Response, "ok" | "status" | "headers" | "json">;

/**
 * Reads a reply by `schema`.
 *
 * @throws ProblemError the service's own problem, as it came; `service_failed` for anything else
 */
export async function readReply<Schema extends z.ZodType>(
  audience: ServiceName,
  schema: Schema,
  reply: ServiceReply,
): Promise<z.output<Schema>> {
  if (!reply.ok) throw await toProblem(audience, reply);
  const body = await readJson(audience, reply);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ProblemError("service_failed", `Service "${audience}" answered in an unknown shape`, {
    cause: parsed.error,
  });
}

async function toProblem(audience: ServiceName, reply: ServiceReply): Promise<ProblemError> {
  const problem = Problem.safeParse(await readJson(audience, reply));
  if (!problem.success) {
    return new ProblemError("service_failed", `Service "${audience}" failed (${reply.status})`);
  }
  const { code, detail, errors, pluginError } = problem.data;
  const retryAfter = Number(reply.headers.get("retry-after") ?? Number.NaN);
  return new ProblemError(code, detail, {
    ...(errors && { errors }),
    ...(pluginError && { pluginError }),
    ...(Number.isFinite(retryAfter) && { retryAfterSeconds: retryAfter }),
  });
}

async function readJson(audience: ServiceName, reply: ServiceReply): Promise<unknown> {
  try {
    return await reply.json();
  } catch (error) {
    throw new ProblemError(
      "service_failed",
      `Service "${audience}" did not answer with JSON (${reply.status})`,
      { cause: error },
    );
  }
}
