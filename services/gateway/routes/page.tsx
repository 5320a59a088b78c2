/** The frame of the gateway's own pages. */
import type { Context } from "hono";
import type { Child } from "hono/jsx";

export interface PageOptions {
  readonly title: string;
  readonly stylesheets: readonly string[];
  readonly body: Child;
  /** 200 unless given. */
  readonly status?: 200 | 400;
}

export function pageResponse(c: Context, { title, stylesheets, body, status = 200 }: PageOptions) {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="icon" type="image/svg+xml" href="/assets/icon.svg" />
        {stylesheets.map((href) => <link key={href} rel="stylesheet" href={href} />)}
      </head>
      <body>{body}</body>
    </html>
  );
  return c.html(`<!doctype html>${page}`, status, { "cache-control": "no-store" });
}
