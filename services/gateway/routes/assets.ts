/** Files that pages load. */
import type { Context } from "hono";
import type { GatewayEnv } from "../gateway_env.ts";

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What counts as one more request: a big file takes as long as many small ones. */
const BYTES_PER_REQUEST = 64 * 1024;

/**
 * A file that is kept by browsers and asked for again by its tag.
 *
 * @param tag changes with the content; without one the file is sent each time
 */
export function asset(
  content: string,
  contentType: `${string}/${string}`,
  tag?: string,
): Asset {
  return {
    // Encoded once, not for each request.
    bytes: new TextEncoder().encode(content),
    headers: {
      "content-type": `${contentType}; charset=utf-8`,
      // Asked for each time, since its name doesn't change with its content.
      "cache-control": "no-cache",
      ...(tag !== undefined && { etag: `"${tag}"` }),
    },
  };
}

/** @throws ProblemError `rate_limited` where the client's address has asked for too much */
export function assetResponse(c: Context<GatewayEnv>, { bytes, headers }: Asset): Response {
  const { etag } = headers;
  if (etag !== undefined && c.req.header("if-none-match") === etag) {
    return c.body(null, 304, headers);
  }
  c.get("spend")?.(Math.floor(bytes.length / BYTES_PER_REQUEST));
  return c.body(bytes, 200, headers);
}
