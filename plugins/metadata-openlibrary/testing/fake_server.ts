/** A server that behaves like Open Library, faults included, over a few dozen records of its own. */
import { findIsbn, findRatings, findRecord, search } from "./catalogue.ts";

/** Switches that a test turns while the server runs. */
export interface Faults {
  /** So many of the next requests are answered 429, without Retry-After unless it is given. */
  tooManyRequests: number;
  retryAfterSeconds: number | null;
  /** So many of the next requests are answered 500 with plain text. */
  serverErrors: number;
  /** Requests whose path begins like this are answered 500 with plain text. */
  failingPath: string | null;
  /** So many of the next requests are answered 200 with HTML. */
  garbage: number;
  /** So many of the next requests are answered with an endless body. */
  endlessBodies: number;
  /** Requests whose User-Agent names no contact are answered 403. */
  requireContact: boolean;
  /** Nothing is answered until this settles. */
  hold: Promise<void> | null;
}

export interface FakeOpenLibrary extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  readonly faults: Faults;
  /** Path and query of every request, in order. */
  readonly requests: readonly string[];
  readonly userAgents: readonly (string | null)[];
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. */
export function startFakeOpenLibrary(
  options: { port?: number; requireContact?: boolean } = {},
): FakeOpenLibrary {
  const faults: Faults = {
    tooManyRequests: 0,
    retryAfterSeconds: null,
    serverErrors: 0,
    failingPath: null,
    garbage: 0,
    endlessBodies: 0,
    requireContact: options.requireContact ?? false,
    hold: null,
  };
  const requests: string[] = [];
  const userAgents: (string | null)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, onListen() {} },
    async (request) => {
      const url = new URL(request.url);
      requests.push(url.pathname + url.search);
      userAgents.push(request.headers.get("user-agent"));
      if (faults.hold !== null) await faults.hold;
      return faultyAnswer(faults, request) ?? answer(url);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    faults,
    requests,
    userAgents,
    stop: () => server.shutdown(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function faultyAnswer(faults: Faults, request: Request): Response | undefined {
  if (faults.requireContact && !/[@]|https?:/.test(request.headers.get("user-agent") ?? "")) {
    return html(403, "Forbidden");
  }
  if (faults.tooManyRequests > 0) {
    faults.tooManyRequests--;
    const headers: Record<string, string> = faults.retryAfterSeconds === null
      ? {}
      : { "retry-after": String(faults.retryAfterSeconds) };
    return new Response("Too Many Requests", { status: 429, headers });
  }
  const { pathname } = new URL(request.url);
  if (faults.failingPath !== null && pathname.startsWith(faults.failingPath)) return serverError();
  if (faults.serverErrors > 0) {
    faults.serverErrors--;
    return serverError();
  }
  if (faults.garbage > 0) {
    faults.garbage--;
    return html(200, "We'll be back soon");
  }
  if (faults.endlessBodies > 0) {
    faults.endlessBodies--;
    return new Response(endlessBody(), { headers: { "content-type": "application/json" } });
  }
  return undefined;
}

function answer(url: URL): Response {
  const { pathname, searchParams } = url;
  if (pathname === "/search.json") return answerSearch(searchParams);
  const [, isbn] = /^\/isbn\/([^/]+)\.json$/.exec(pathname) ?? [];
  if (isbn !== undefined) return answerIsbn(isbn);
  const [, ratedWork] = /^(\/works\/OL\d+W)\/ratings\.json$/.exec(pathname) ?? [];
  if (ratedWork !== undefined) return Response.json(findRatings(ratedWork));
  const [, key] = /^(\/(?:works|books|authors)\/OL\d+[WMA])\.json$/.exec(pathname) ?? [];
  if (key === undefined) return html(404, "Page Not Found");
  const record = findRecord(key);
  if (record === undefined) return Response.json({ error: "notfound", key }, { status: 404 });
  return Response.json(record);
}

function answerIsbn(isbn: string): Response {
  const key = findIsbn(isbn);
  if (key === undefined) return html(404, "Page Not Found");
  return new Response(null, { status: 302, headers: { location: `${key}.json` } });
}

function answerSearch(params: URLSearchParams): Response {
  const q = params.get("q") ?? "";
  const refusal = q !== "" && q.length < 3
    ? "Value error, Query too short, must be at least 3 characters"
    : q.toLowerCase() === "the"
    ? "Value error, Invalid query; the following queries are not allowed: the"
    : undefined;
  if (refusal === undefined) return Response.json(search(params));
  const detail = [{ type: "value_error", loc: ["query"], msg: refusal, input: q }];
  return Response.json({ detail }, { status: 422 });
}

function serverError(): Response {
  return new Response("internal server error", { status: 500 });
}

function html(status: number, title: string): Response {
  const body =
    `<!DOCTYPE html>\n<html><head><title>${title} | Open Library</title></head></html>\n`;
  return new Response(body, { status, headers: { "content-type": "text/html; charset=utf-8" } });
}

/** Sent for as long as somebody reads. */
function endlessBody(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunk = new TextEncoder().encode(" ".repeat(64 * 1024));
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}
