/** JSON-RPC 2.0 messages and the error codes of the plugin protocol (protocol.md: "Framing", "Errors"). */
import { z } from "zod";
import { Json } from "./json.ts";

export const JSON_RPC_VERSION = "2.0";

/** A line from a plugin is at most this long, so that a 1 MiB value with its JSON escapes fits. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;

/** Reverse calls of one process that run at a time; more wait in a bounded queue. */
export const REVERSE_CALLS_MAX = 16;

export const RpcId = z.union([z.number(), z.string()]);
export type RpcId = z.infer<typeof RpcId>;

/** Codes of JSON-RPC 2.0 section 5.1 and those the protocol adds. */
export const RpcErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  rateLimited: -32001,
  notFound: -32002,
  authFailed: -32003,
  externalApi: -32004,
  configuration: -32005,
} as const;
export type RpcErrorCode = (typeof RpcErrorCode)[keyof typeof RpcErrorCode];

export const RpcErrorObject = z.object({
  code: z.int(),
  message: z.string(),
  data: Json.optional(),
});
export type RpcErrorObject = z.infer<typeof RpcErrorObject>;

/** `data` of a -32001 error. */
export const RateLimitedData = z.object({ retryAfterSeconds: z.number().nonnegative() });

export interface RpcRequest {
  readonly jsonrpc: typeof JSON_RPC_VERSION;
  readonly id: RpcId;
  readonly method: string;
  readonly params?: unknown;
}

export interface RpcNotification {
  readonly jsonrpc: typeof JSON_RPC_VERSION;
  readonly method: string;
  readonly params?: unknown;
}

export type RpcReply =
  | { readonly jsonrpc: typeof JSON_RPC_VERSION; readonly id: RpcId; readonly result: unknown }
  | {
    readonly jsonrpc: typeof JSON_RPC_VERSION;
    readonly id: RpcId | null;
    readonly error: RpcErrorObject;
  };

/** Host → plugin notification that a call timed out or that its caller left. */
export const CANCEL_METHOD = "$/cancelRequest";
