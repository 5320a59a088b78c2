/** Files that pages load. */
import type { Context } from "hono";

/**
 * A file that is kept by browsers and asked for again by its tag.
 *
 * @param tag changes with the content; without one the file is sent each time
 */
export function assetResponse(
  c: Context,
  content: string,
  contentType: `${string}/${string}`,
  tag?: string,
): Response {
  const headers: Record<string, string> = {
    "content-type": `${contentType}; charset=utf-8`,
    // Asked for each time, since its name doesn't change with its content.
    "cache-control": "no-cache",
  };
  if (tag === undefined) return c.body(content, 200, headers);
  headers.etag = `"${tag}"`;
  if (c.req.header("if-none-match") === headers.etag) return c.body(null, 304, headers);
  return c.body(content, 200, headers);
}
