/** Serves the fake on a free port of this machine. */
import { FakeAnilist, type FakeOptions } from "./fake_anilist.ts";

export interface RunningFake extends AsyncDisposable {
  /** What the plugins' setting `apiUrl` takes. */
  readonly url: string;
  readonly fake: FakeAnilist;
}

/**
 * @param options.port default: a free one
 * @param options.delayMs milliseconds until each answer; default none
 */
export function startFakeAnilist(
  options: FakeOptions & { port?: number; delayMs?: number } = {},
): RunningFake {
  const fake = new FakeAnilist(options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
    async (request) => {
      if (options.delayMs) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
      if (request.method === "POST") return await fake.handle(request);
      return new Response("POST GraphQL here\n", { status: 405 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    fake,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
