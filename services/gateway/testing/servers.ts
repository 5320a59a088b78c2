/** Real HTTP servers on this machine, for what only shows over a connection. */
import { freePort } from "../../../infra/ports.ts";
import { createFixture, type Fixture, serviceUrls } from "./fixture.ts";
import type { createApp, GatewayDeps } from "../app.ts";

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly fixture: Fixture;
}

type Handler = (request: Request) => Response | Promise<Response>;

/** A gateway in front of one server that stands for every service. */
export async function startGateway(
  upstream: Handler | string,
  deps: Partial<GatewayDeps> = {},
): Promise<Gateway> {
  const behind = typeof upstream === "string" ? undefined : serve(upstream);
  const upstreamUrl = behind?.url ?? String(upstream);
  const fixture = await createFixture({
    fetch,
    serviceUrls: serviceUrls(() => upstreamUrl),
    ...deps,
  });
  const front = serveApp(fixture.app);
  return {
    url: front.url,
    fixture,
    async [Symbol.asyncDispose]() {
      await front.server.shutdown();
      await behind?.server.shutdown();
    },
  };
}

/** The address of a port where nobody listens. */
export function deadUrl(): string {
  return `http://127.0.0.1:${freePort()}`;
}

function serve(handler: Handler) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return { server, url: `http://127.0.0.1:${server.addr.port}` };
}

/** The app behind a port of its own. */
export function serveApp(app: Pick<ReturnType<typeof createApp>, "fetch">) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => app.fetch(request, info),
  );
  return { server, url: `http://127.0.0.1:${server.addr.port}` };
}

/** A stream that is written by hand. */
export function handStream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    readable,
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close(),
  };
}
