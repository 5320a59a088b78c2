/** JSON-RPC 2.0 messages as the host and a plugin exchange them: one JSON object per line. */

/** Whatever JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue | undefined };

/** Number or string, chosen by the caller and echoed exactly. */
export type RequestId = number | string;

/** Error codes of JSON-RPC 2.0 section 5.1 and of the plugin protocol (-32001 and below). */
export const ERROR_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  rateLimited: -32001,
  notFound: -32002,
  authFailed: -32003,
  externalApiError: -32004,
  configurationError: -32005,
} as const;

export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue | undefined;
}

/**
 * One line, read. Direction is told by `method` alone: both sides number their own requests from 1,
 * so an id says nothing about who asked.
 */
export type Message =
  | { kind: "request"; id: RequestId; method: string; params: unknown }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "result"; id: RequestId; result: unknown }
  | { kind: "error"; id: RequestId; error: ErrorObject }
  /** A reply that names no request; it is dropped. */
  | { kind: "stray" }
  /** Not a message; `id` is null when none could be read. */
  | { kind: "invalid"; id: RequestId | null; error: ErrorObject };

/** Reads one line. Never throws: what is no message comes back as `invalid` with the error to send. */
export function parseMessage(line: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return invalid(null, ERROR_CODES.parseError, "Message is not JSON");
  }
  if (!isRecord(value)) {
    return invalid(null, ERROR_CODES.invalidRequest, "Message must be one JSON object");
  }
  const id = isRequestId(value.id) ? value.id : null;
  if ("method" in value) return readCall(value, id);
  if (id === null) return { kind: "stray" };
  if ("error" in value) return { kind: "error", id, error: readError(value.error) };
  return { kind: "result", id, result: value.result };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readCall(value: Record<string, unknown>, id: RequestId | null): Message {
  const { method, params } = value;
  if (typeof method !== "string") {
    return invalid(id, ERROR_CODES.invalidRequest, '"method" must be a string');
  }
  if (!("id" in value)) return { kind: "notification", method, params };
  if (id === null) {
    return invalid(null, ERROR_CODES.invalidRequest, '"id" must be a number or a string');
  }
  return { kind: "request", id, method, params };
}

function readError(value: unknown): ErrorObject {
  if (!isRecord(value)) return { code: ERROR_CODES.internalError, message: "Unreadable error" };
  return {
    code: typeof value.code === "number" ? value.code : ERROR_CODES.internalError,
    message: typeof value.message === "string" ? value.message : "No message",
    data: value.data as JsonValue | undefined,
  };
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === "number" || typeof value === "string";
}

function invalid(id: RequestId | null, code: number, message: string): Message {
  return { kind: "invalid", id, error: { code, message } };
}
