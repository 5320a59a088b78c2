/** Serves a plugin's `storage/*` calls; every other method is unknown (protocol.md: "Plugin → host methods"). */
import { z } from "zod";
import {
  type CallContext,
  IsoDateTime,
  type Json,
  RpcErrorCode,
  STORAGE_KEYS_MAX,
  StorageKeyParams,
  type StorageService,
  toPointer,
} from "@codex/protocol";
import { describeError, type Logger, ProblemError } from "@codex/service";
import { RpcError } from "../rpc/errors.ts";
import type { ReverseHandler } from "../rpc/reverse_calls.ts";

/** Plugins give up on their storage calls after 10 s (plugins/sdk): they are told before that. */
export const STORAGE_DEADLINE_MS = 5000;

/** Parsed from a line, so it is JSON: walking a value of 1 MiB again would find nothing. */
const SetParams = z.object({
  key: z.string(),
  data: z.custom<Json>((data) => data !== undefined, "Is missing"),
  expiresAt: IsoDateTime.nullish(),
});

export interface StorageAccess {
  readonly storage: StorageService;
  /** A valid ticket of the connection that the process was started for. */
  ticket(): Promise<string>;
  readonly logger: Logger;
}

/** For a process without a connection: it has no storage. */
export const noReverseMethods: ReverseHandler = (method) => Promise.reject(unknownMethod(method));

/**
 * For a process that is only asked for its manifest: an empty storage that keeps nothing, since some plugins load their
 * state in `initialize` and fail without a reply.
 */
export const emptyStorage: ReverseHandler = (method) => {
  const answer = EMPTY_ANSWERS.get(method);
  return answer === undefined ? Promise.reject(unknownMethod(method)) : Promise.resolve(answer);
};

const EMPTY_ANSWERS: ReadonlyMap<string, object> = new Map<string, object>([
  ["storage/get", { data: null }],
  ["storage/set", { success: true }],
  ["storage/delete", { deleted: false }],
  ["storage/list", { keys: [] }],
  ["storage/clear", { deletedCount: 0 }],
]);

export function storageHandler({ storage, ticket, logger }: StorageAccess): ReverseHandler {
  return async (method, params, signal) => {
    const serve = METHODS.get(method);
    if (serve === undefined) throw unknownMethod(method);
    const context: CallContext = { requestId: crypto.randomUUID(), signal };
    try {
      return await serve(storage, context, ticket, params ?? {});
    } catch (error) {
      throw toRpcError(error, method, logger);
    }
  };
}

type Serve = (
  storage: StorageService,
  context: CallContext,
  ticket: () => Promise<string>,
  params: unknown,
) => Promise<unknown>;

const METHODS: ReadonlyMap<string, Serve> = new Map<string, Serve>([
  ["storage/get", async (storage, context, ticket, params) => {
    const { key } = read(StorageKeyParams, params);
    return await storage.get(context, await ticket(), key);
  }],
  ["storage/set", async (storage, context, ticket, params) => {
    const { key, data, expiresAt } = read(SetParams, params);
    const entry = { key, data, ...(expiresAt != null && { expiresAt }) };
    await storage.set(context, await ticket(), entry);
    return { success: true };
  }],
  ["storage/delete", async (storage, context, ticket, params) => {
    const { key } = read(StorageKeyParams, params);
    return { deleted: await storage.delete(context, await ticket(), key) };
  }],
  ["storage/list", async (storage, context, ticket) => storage.list(context, await ticket())],
  ["storage/clear", async (storage, context, ticket) => ({
    deletedCount: await storage.clear(context, await ticket()),
  })],
]);

function read<Schema extends z.ZodType>(schema: Schema, params: unknown): z.output<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${toPointer(issue.path)}: ${issue.message}`);
  throw new RpcError(RpcErrorCode.invalidParams, issues.join("; "));
}

/** A limit is the plugin's to mend; anything else is told in plain words, never with what it was. */
function toRpcError(error: unknown, method: string, logger: Logger): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof ProblemError) {
    if (error.code === "quota_exceeded") {
      return new RpcError(RpcErrorCode.invalidParams, error.message, {
        limit: "keys",
        keysMax: STORAGE_KEYS_MAX,
      });
    }
    if (error.code === "bad_request" || error.code === "payload_too_large") {
      return new RpcError(RpcErrorCode.invalidParams, error.message);
    }
  }
  logger.warn("A plugin's {method} failed", { method, ...describeError(error) });
  return new RpcError(RpcErrorCode.internal, "Storage can't be reached now: try again later");
}

function unknownMethod(method: string): RpcError {
  return new RpcError(RpcErrorCode.methodNotFound, `Method "${method.slice(0, 100)}" is unknown`);
}
