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

export function pageResponse(c: Context, options: PageOptions): Response {
  return htmlResponse(c, pageText(options), options.status);
}

/** A page that is the same for everybody is rendered once, by {@linkcode pageText}. */
export function htmlResponse(c: Context, html: string, status: 200 | 400 = 200): Response {
  return c.html(html, status, { "cache-control": "no-store" }) as Response;
}

export function pageText({ title, stylesheets, body }: PageOptions): string {
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
  return `<!doctype html>${page}`;
}
