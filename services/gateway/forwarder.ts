/**
 * Passes a public request on to the service that owns the operation, and its answer back: a body that
 * is a stream and a long answer unread, headers only those named here.
 */
import {
  ADDRESS_SHARED_HEADER,
  CLIENT_ADDRESS_HEADER,
  DEVICE_TOKEN_HEADER,
  DEVICE_TOKENS_HEADER,
  type Operation,
  type Principal,
  SERVICE_NAMES,
  type ServiceName,
  SESSION_ID_HEADER,
  taskOwner,
} from "@codex/protocol";
import {
  describeError,
  type Identity,
  type Logger,
  ProblemError,
  REQUEST_ID_HEADER,
} from "@codex/service";
import { SteadyUpload } from "./bodies/steady_upload.ts";
import type { RequestConnection } from "./connections/served_connection.ts";
import { CallDeadline } from "./call_deadline.ts";
import type { ClientAddress } from "./domain/client_address.ts";
import { deadlineMsOf } from "./domain/deadline.ts";

export type OwnerName = Exclude<ServiceName, "gateway">;
export const OWNER_NAMES: readonly OwnerName[] = SERVICE_NAMES.filter((name) => name !== "gateway");

export interface ForwardRequest {
  readonly operation: Operation;
  /** Of an operation whose owner is the task's. */
  readonly taskId?: string | undefined;
  /** From the first slash to the end of the query. */
  readonly path: string;
  readonly request: Request;
  /** The JSON that came with it. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** Is told whose turn it is. */
  readonly connection?: Partial<RequestConnection> | undefined;
  readonly requestId: string;
  readonly client: ClientAddress;
  /** From the browser's cookies, for a sign-in. */
  readonly deviceTokens?: readonly string[] | undefined;
  readonly principal?: Principal | undefined;
}

export interface ForwardAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** By which the account knows the browser again; for its cookie alone. */
  readonly deviceToken?: string | undefined;
}

/**
 * Makes one call.
 *
 * @returns null when the client left: nobody waits for an answer
 * @throws ProblemError `service_unavailable`, `deadline_exceeded` or `service_failed`
 */
export type Forward = (request: ForwardRequest) => Promise<ForwardAnswer | null>;

export interface ForwarderOptions {
  readonly identity: Identity;
  /** Without a trailing slash. */
  readonly serviceUrls: Readonly<Record<OwnerName, string>>;
  readonly fetch: typeof fetch;
  readonly logger: Logger;
  /** Milliseconds until the answer must begin; {@linkcode deadlineMsOf} unless a test is in a hurry. */
  readonly deadlineMsOf?: (operation: Operation) => number;
  /** Milliseconds; as long as {@linkcode SteadyUpload} waits unless a test is in a hurry. */
  readonly uploadPauseMs?: number;
}

/**
 * Answers up to this size are read whole before they are passed on: a service that dies in the middle
 * of one is then a clean problem, and small ones are no slower so.
 */
const WHOLE_BODY_BYTES_MAX = 64 * 1024;

const RETRY_AFTER_SECONDS = 2;

export function createForwarder(options: ForwarderOptions): Forward {
  const { identity, serviceUrls, logger } = options;
  const timeoutMsOf = options.deadlineMsOf ?? deadlineMsOf;
  return async (request) => {
    const { operation } = request;
    const owner = ownerOf(request);
    const token = await identity.tokenFor(owner, request.principal?.subject);
    const deadline = new CallDeadline(timeoutMsOf(operation), request.request.signal);
    const upload = uploadOf(request, options.uploadPauseMs);
    let isStreaming = false;
    try {
      const body = upload?.body ?? request.body ?? null;
      const reply = await options.fetch(`${serviceUrls[owner]}${request.path}`, {
        method: operation.method.toUpperCase(),
        headers: headersFor(request, token, body !== null),
        body,
        redirect: "manual",
        signal: deadline.signal,
      });
      const fault = faultOf(owner, reply);
      if (fault !== undefined) {
        await reply.body?.cancel();
        throw new ProblemError("service_failed", `Service "${owner}" failed`, {
          cause: new Error(`Unusable answer: ${fault}`),
        });
      }
      const content = await bodyOf(reply, request, deadline);
      isStreaming = content instanceof ReadableStream;
      return {
        status: reply.status,
        headers: answerHeaders(reply),
        body: content,
        ...(owner === "auth" &&
          { deviceToken: reply.headers.get(DEVICE_TOKEN_HEADER) ?? undefined }),
      };
    } catch (error) {
      if (deadline.clientLeft) return null;
      if (upload?.hasStalled) throw stalled(request, upload, error);
      const problem = toProblem(owner, error, deadline);
      logger.warn("Call to {owner} failed: {detail}", {
        owner,
        detail: problem.message,
        requestId: request.requestId,
        ...describeError(problem.cause ?? problem),
      });
      throw problem;
    } finally {
      if (!isStreaming) deadline.end();
    }
  };
}

function ownerOf({ operation, taskId }: ForwardRequest): OwnerName {
  const owner = operation.ownerByTask ? taskOwner(taskId ?? "") : operation.owner;
  if (owner === undefined) throw new ProblemError("not_found", "There is no such task");
  if (owner === "gateway") {
    throw new TypeError(`Operation "${operation.id}" is the gateway's own`);
  }
  return owner;
}

/** A body that is passed on while it comes; JSON was read before. */
function uploadOf(
  { operation, request }: ForwardRequest,
  pauseMs: number | undefined,
): SteadyUpload | undefined {
  if (operation.stream === undefined || request.body === null || !hasContent(request)) {
    return undefined;
  }
  return new SteadyUpload(request.body, pauseMs);
}

function stalled(request: ForwardRequest, upload: SteadyUpload, cause: unknown): ProblemError {
  request.connection?.closeAfterAnswer?.();
  const detail = `Nothing of the body came for ${upload.pauseMs / 1000} s: send it again`;
  return new ProblemError("deadline_exceeded", detail, { cause });
}

export function takesBody(operation: Pick<Operation, "body" | "stream">): boolean {
  return operation.body !== undefined || operation.stream !== undefined;
}

/** Whether a body came; Deno gives an empty stream for a length of 0. */
export function hasContent(request: Request): boolean {
  return request.body !== null && request.headers.get("content-length") !== "0";
}

/** Nothing that the client sent goes along but its content: no cookie, no authorization. */
function headersFor(
  request: ForwardRequest,
  token: string,
  hasBody: boolean,
): Record<string, string> {
  const { operation, principal } = request;
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    [REQUEST_ID_HEADER]: request.requestId,
    // Compressing for a neighbour costs more than it saves.
    "accept-encoding": "identity",
  };
  if (hasBody) {
    headers["content-type"] = operation.stream ?? "application/json";
  }
  if (operation.owner === "auth") {
    headers[CLIENT_ADDRESS_HEADER] = request.client.address;
    if (request.client.isShared) headers[ADDRESS_SHARED_HEADER] = "1";
    const { deviceTokens = [] } = request;
    if (deviceTokens.length > 0) headers[DEVICE_TOKENS_HEADER] = deviceTokens.join(" ");
    if (principal?.sessionId !== undefined) headers[SESSION_ID_HEADER] = principal.sessionId;
    const userAgent = request.request.headers.get("user-agent");
    if (userAgent !== null) headers["user-agent"] = userAgent;
  }
  return headers;
}

/** What makes an answer unfit to be shown, in words for the log; undefined for a good one. */
function faultOf(owner: OwnerName, reply: Response): string | undefined {
  if (reply.status >= 300 && reply.status < 400) return `a redirect (${reply.status})`;
  // The user is known here, so it is the gateway itself that isn't; auth also refuses passwords so.
  if (reply.status === 401 && owner !== "auth") return "it refuses the gateway's identity";
  const isJson = reply.headers.get("content-type")?.includes("json") ?? false;
  if (reply.status >= 400 && !isJson) return `not a problem, status ${reply.status}`;
  return undefined;
}

function answerHeaders(reply: Response): Record<string, string> {
  const headers: Record<string, string> = {
    // Answers are a user's own; an owner says so where one may be kept.
    "cache-control": reply.headers.get("cache-control") ?? "no-store",
  };
  for (const name of ["content-type", "retry-after"]) {
    const value = reply.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

async function bodyOf(
  reply: Response,
  { request, connection }: ForwardRequest,
  deadline: CallDeadline,
): Promise<ForwardAnswer["body"]> {
  if (reply.body === null) return null;
  if (request.method === "HEAD") {
    await reply.body.cancel();
    return null;
  }
  const length = reply.headers.get("content-length");
  if (length !== null && Number(length) <= WHOLE_BODY_BYTES_MAX) {
    return new Uint8Array(await reply.arrayBuffer());
  }
  deadline.pause();
  return timed(reply.body, deadline, connection ?? {});
}

/**
 * The same stream, broken off when the service is silent for too long; a client that takes nothing is
 * the connection's business.
 */
function timed(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  deadline: CallDeadline,
  connection: Partial<RequestConnection>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      deadline.resume();
      connection.waitForServer?.();
      try {
        const { done, value } = await reader.read();
        deadline.pause();
        connection.waitForClient?.();
        if (!done) return controller.enqueue(value);
        deadline.end();
        controller.close();
      } catch (error) {
        deadline.end();
        throw error;
      }
    },
    async cancel(reason) {
      deadline.end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function toProblem(owner: OwnerName, error: unknown, deadline: CallDeadline): ProblemError {
  if (error instanceof ProblemError) return error;
  if (deadline.expired) {
    const seconds = deadline.timeoutMs / 1000;
    return new ProblemError(
      "deadline_exceeded",
      `Service "${owner}" did not answer within ${seconds} s`,
      { cause: error },
    );
  }
  return new ProblemError(
    "service_unavailable",
    `Service "${owner}" can't be reached: try again shortly`,
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
