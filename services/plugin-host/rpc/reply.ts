import { RpcErrorCode } from "@codex/protocol";
import { RpcError, TransportError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./framing.ts";
import { JSON_DEPTH_MAX } from "./json_shape.ts";
import { plainText } from "./plain_text.ts";

const ERROR_MESSAGE_LENGTH_MAX = 4096;

/** A reply after it was checked as hostile input. */
export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcError | TransportError };

/**
 * Reads `result` or `error` of a reply (JSON-RPC 2.0 section 5). `error: null` beside a result, as
 * JSON-RPC 1.0 writes it, is no error.
 *
 * @param depth its levels of arrays and objects
 */
export function readReply(message: JsonObject, depth: number): Reply {
  if (depth > JSON_DEPTH_MAX) {
    return malformed(`A reply is nested deeper than ${JSON_DEPTH_MAX}`);
  }
  const { error } = message;
  if (error !== undefined && error !== null) return { ok: false, error: readError(error) };
  if (!Object.hasOwn(message, "result")) return malformed("A reply has neither result nor error");
  return { ok: true, result: message.result };
}

function readError(error: unknown): RpcError | TransportError {
  if (!isJsonObject(error) || !Number.isSafeInteger(error.code)) {
    return new TransportError("protocol", "An error reply has no integer code");
  }
  const message = typeof error.message === "string" ? error.message : "";
  return new RpcError(
    Number(error.code),
    plainText(message, ERROR_MESSAGE_LENGTH_MAX) || "No message",
    error.data,
  );
}

function malformed(message: string): Reply {
  return { ok: false, error: new TransportError("protocol", message) };
}

/** The line that answers a reverse call. */
export function successLine(id: number | string, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: result ?? null });
}

/** The line that refuses a reverse call; what is no `RpcError` is told as -32603 without detail. */
export function errorLine(id: number | string, error: unknown): string {
  const told = error instanceof RpcError
    ? error
    : new RpcError(RpcErrorCode.internal, "Internal error");
  const { code, message, data } = told;
  const body = data === undefined ? { code, message } : { code, message, data };
  return JSON.stringify({ jsonrpc: "2.0", id, error: body });
}
