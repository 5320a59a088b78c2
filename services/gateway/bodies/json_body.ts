/**
 * A request's JSON, read whole before anybody is asked for its sake: a client that sends slowly
 * holds no service, and no more of this server's memory than its share.
 */
import type { Context } from "hono";
import type { Operation } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { connectionOf, requestGroup } from "../connections/request_connection.ts";
import { UsageLimit } from "../connections/usage_limit.ts";
import type { GatewayEnv } from "../gateway_env.ts";

/** Of a JSON body; a stream has no limit here. */
export const BODY_BYTES_MAX = 1024 * 1024;
/**
 * Of a body from somebody unknown, who needs no more than a name and a password: reading 1 MiB of
 * small fields takes auth a tenth of a second, and nobody counts such requests.
 */
export const PUBLIC_BODY_BYTES_MAX = 16 * 1024;
/**
 * Of a body for auth, through which every request goes: far beyond any credentials or settings of a
 * connection, and a few at once must not keep it from answering.
 */
export const ACCOUNT_BODY_BYTES_MAX = 256 * 1024;
/** Milliseconds from the head of a request to the end of its body. */
export const BODY_MS = 15_000;
/** Of all bodies that are being read or passed on. */
const BYTES_HELD_MAX = 64 * 1024 * 1024;
/** Of those, the bodies of one address, which may be a whole household's. */
const BYTES_HELD_PER_ADDRESS_MAX = BYTES_HELD_MAX / 2;
const RETRY_AFTER_SECONDS = 2;

export interface JsonBodyOptions {
  /** {@linkcode BODY_MS} unless a test is in a hurry. */
  readonly bodyMs?: number | undefined;
  readonly trustedProxies: number;
}

/**
 * Reads the body, hands it on by `c.set("body", …)`, and holds its share of memory during `next`.
 *
 * @returns "left" when the client went before all of it came
 * @throws ProblemError `payload_too_large`, `deadline_exceeded` or `no_capacity`
 */
export type WithJsonBody = (
  c: Context<GatewayEnv>,
  next: () => Promise<void>,
  bytesMax: number,
) => Promise<"left" | void>;

/** Bytes of JSON that an operation takes. */
export function bodyBytesMax({ access, owner }: Pick<Operation, "access" | "owner">): number {
  if (access === "public") return PUBLIC_BODY_BYTES_MAX;
  // What the gateway composes, auth keeps.
  return owner === "auth" || owner === "gateway" ? ACCOUNT_BODY_BYTES_MAX : BODY_BYTES_MAX;
}

export function createJsonBodies({ bodyMs = BODY_MS, trustedProxies }: JsonBodyOptions) {
  const held = new UsageLimit({ max: BYTES_HELD_MAX, perKeyMax: BYTES_HELD_PER_ADDRESS_MAX });

  const withJsonBody: WithJsonBody = async (c, next, bytesMax) => {
    const announced = announcedLength(c, bytesMax);
    const share = held.take(requestGroup(c, trustedProxies), announced ?? bytesMax);
    if (!share.ok) {
      connectionOf(c).closeAfterAnswer?.();
      throw new ProblemError(
        "no_capacity",
        "Too many bodies are being sent at once: try again shortly",
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    }
    try {
      const body = await readWithin(c, announced, bytesMax, bodyMs);
      if (body === undefined) return "left";
      c.set("body", body);
      await next();
    } finally {
      share.release();
    }
  };
  return withJsonBody;
}

/** @throws ProblemError where it is too long; undefined where it isn't told */
function announcedLength(c: Context<GatewayEnv>, bytesMax: number): number | undefined {
  const text = c.req.header("content-length");
  if (text === undefined) return undefined;
  const length = Number(text);
  if (length > bytesMax) throw tooLarge(c, bytesMax);
  return length;
}

/** @returns undefined when the client left */
async function readWithin(
  c: Context<GatewayEnv>,
  announced: number | undefined,
  bytesMax: number,
  bodyMs: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    connectionOf(c).closeAfterAnswer?.();
    const detail = `The body did not arrive within ${bodyMs / 1000} s: send it again`;
    late.reject(new ProblemError("deadline_exceeded", detail));
  }, bodyMs);
  try {
    if (announced === undefined) await Promise.race([collect(c, bytesMax), late.promise]);
    // Hono keeps it for whoever parses it later.
    return new Uint8Array(await Promise.race([c.req.arrayBuffer(), late.promise]));
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Puts a body whose length isn't told in the place of its stream, once it is there. */
async function collect(c: Context<GatewayEnv>, bytesMax: number): Promise<void> {
  const { raw } = c.req;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of raw.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(c, bytesMax);
    chunks.push(chunk);
  }
  c.req.raw = new Request(raw, { body: new Blob(chunks) });
}

function tooLarge(c: Context<GatewayEnv>, bytesMax: number): ProblemError {
  connectionOf(c).closeAfterAnswer?.();
  const detail = `The body is too large: at most ${bytesMax} bytes are taken`;
  return new ProblemError("payload_too_large", detail);
}
