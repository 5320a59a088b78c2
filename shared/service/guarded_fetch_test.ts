import { deepEqual as equal, match, ok, rejects } from "node:assert/strict";
import { freePort } from "../../infra/ports.ts";
import { AllowedHostList } from "./allowed_hosts.ts";
import {
  createGuardedFetch,
  type GuardedAnswer,
  type GuardedFetchOptions,
  type GuardedRequest,
} from "./guarded_fetch.ts";

const LIMITS: GuardedRequest = { timeoutMs: 30_000, bytesMax: 1000 };
const NOBODY = AllowedHostList.parse("");

type Handler = (request: Request) => Response | Promise<Response>;

/** A server on this machine, and a fetch that may reach it. */
async function withServer(
  handler: Handler,
  test: (
    fetchFrom: (path: string, request?: Partial<GuardedRequest>) => Promise<GuardedAnswer>,
    host: string,
  ) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  const host = `127.0.0.1:${server.addr.port}`;
  const fetchGuarded = createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) });
  try {
    await test(
      (path, request) => fetchGuarded(new URL(path, `http://${host}`), { ...LIMITS, ...request }),
      host,
    );
  } finally {
    await server.shutdown();
  }
}

/** Never an answer; that this ends shows that the connection was closed. */
function untilClientLeaves(request: Request): Promise<Response> {
  return new Promise((resolve) =>
    request.signal.addEventListener("abort", () => resolve(new Response()))
  );
}

/** What becomes of a URL when every name resolves to `addresses`. */
async function outcome(url: string, addresses: readonly string[] = []): Promise<string> {
  const fetchGuarded = createGuardedFetch({
    allowedHosts: NOBODY,
    lookUp: () =>
      Promise.resolve(
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      ),
  });
  const answer = await fetchGuarded(new URL(url), { ...LIMITS, timeoutMs: 50 });
  return answer.kind === "answered" ? "answered" : `${answer.kind}: ${answer.reason}`;
}

Deno.test("method, headers, body and answer go through", () =>
  withServer(async (request) => {
    const { method, headers } = request;
    const text = `${method} ${headers.get("x-mine")} ${await request.text()} ☕`;
    return new Response(text, { status: 418, headers: { "content-type": "Text/Plain; x=y" } });
  }, async (fetchFrom) => {
    const headers = { "x-mine": "yes" };
    const answer = await fetchFrom("/a?b=c", { method: "POST", headers, body: "tea é" });
    ok(answer.kind === "answered");
    equal([answer.status, answer.mediaType], [418, "text/plain"]);
    equal(new TextDecoder().decode(answer.body), "POST yes tea é ☕");
    equal(answer.headers["content-type"], "Text/Plain; x=y");
  }));

Deno.test("only https is fetched, but for hosts that were named with their port", async () => {
  equal(await outcome("http://provider.example/"), "refused: scheme");
  equal(await outcome("ftp://provider.example/"), "refused: scheme");
  equal(await outcome("data:text/plain,x"), "refused: scheme");
});

Deno.test("private addresses are refused in every notation", async () => {
  const hosts = ["127.0.0.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "[::1]"]
    .concat(["[::ffff:127.0.0.1]", "[::ffff:a00:1]", "169.254.169.254", "10.0.0.1", "0.0.0.0"]);
  for (const host of hosts) equal(await outcome(`https://${host}/`), "refused: address", host);
});

Deno.test("a name that resolves to a private address is refused, also beside public ones", async () => {
  const url = "https://provider.example/";
  for (const address of ["127.0.0.1", "10.1.1.1", "::1", "::ffff:192.168.0.1", "fd00::1"]) {
    equal(await outcome(url, [address]), "refused: address", address);
    equal(await outcome(url, ["1.1.1.1", address]), "refused: address", address);
  }
  equal(await outcome("https://localhost/", ["127.0.0.1"]), "refused: address");
});

Deno.test("a name without address is unreachable", async () => {
  equal(await outcome("https://provider.example/"), "unreachable: name");
});

Deno.test("a redirect is refused, and one that is followed is checked like the first", () =>
  withServer((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/end") return new Response(request.headers.get("authorization"));
    const to = pathname === "/private"
      ? "https://10.0.0.1/"
      : pathname === "/loop"
      ? "/loop"
      : "/end";
    return new Response(null, { status: 302, headers: { location: to } });
  }, async (fetchFrom) => {
    const kindOf = async (path: string, request: Partial<GuardedRequest> = {}) => {
      const answer = await fetchFrom(path, request);
      return answer.kind === "answered" ? answer.kind : answer.reason;
    };
    equal(await kindOf("/start"), "redirect");
    equal(await kindOf("/start", { redirectsMax: 1 }), "answered");
    equal(await kindOf("/start", { redirectsMax: 1, method: "POST" }), "redirect");
    equal(await kindOf("/private", { redirectsMax: 5 }), "address");
    equal(await kindOf("/loop", { redirectsMax: 5 }), "redirect");
  }));

Deno.test("credentials do not follow a redirect to another origin", () =>
  withServer(
    (request) => new Response(request.headers.get("authorization") ?? "none"),
    async (_, to) => {
      await withServer((request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/own") return new Response(request.headers.get("authorization"));
        const location = pathname === "/inside" ? "/own" : `http://${to}/`;
        return new Response(null, { status: 302, headers: { location } });
      }, async (_, from) => {
        const fetchGuarded = createGuardedFetch({
          allowedHosts: AllowedHostList.parse(`${from},${to}`),
        });
        const read = async (path: string) => {
          const headers = { authorization: "Bearer t" };
          const url = new URL(path, `http://${from}`);
          const answer = await fetchGuarded(url, { ...LIMITS, headers, redirectsMax: 1 });
          return answer.kind === "answered" && new TextDecoder().decode(answer.body);
        };
        equal(await read("/inside"), "Bearer t");
        equal(await read("/outside"), "none");
      });
    },
  ));

Deno.test("a server that hangs is given up in time, before its headers and in its body", () =>
  withServer((request) => {
    if (request.url.endsWith("/silent")) return untilClientLeaves(request);
    return new Response(
      new ReadableStream({ start: (it) => it.enqueue(new TextEncoder().encode("a")) }),
    );
  }, async (fetchFrom) => {
    for (const path of ["/silent", "/slow"]) {
      const answer = await fetchFrom(path, { timeoutMs: 100 });
      ok(answer.kind === "unreachable", path);
      equal(answer.reason, "timeout");
      match(answer.detail, /^"127\.0\.0\.1:\d+" did not answer within 100 ms$/);
    }
  }));

Deno.test("a look-up that hangs is given up in time", async () => {
  const fetchGuarded = createGuardedFetch({
    allowedHosts: NOBODY,
    lookUp: () => new Promise(() => {}),
  });
  const answer = await fetchGuarded(new URL("https://provider.example/"), {
    ...LIMITS,
    timeoutMs: 50,
  });
  ok(answer.kind === "unreachable");
  equal(answer.reason, "timeout");
});

Deno.test("a caller that leaves gets its own reason back", () =>
  withServer(untilClientLeaves, async (fetchFrom) => {
    const leaving = new AbortController();
    const left = rejects(fetchFrom("/", { signal: leaving.signal }), /left/);
    leaving.abort(new Error("left"));
    await left;
  }));

Deno.test("a body beyond the limit is refused, announced or not, and one at the limit is read", () =>
  withServer((request) => {
    const bytes = new Uint8Array(Number(new URL(request.url).searchParams.get("bytes")));
    const isAnnounced = request.url.includes("announced");
    return new Response(isAnnounced ? bytes : new Blob([bytes]).stream());
  }, async (fetchFrom) => {
    for (const way of ["announced", "streamed"]) {
      const large = await fetchFrom(`/${way}?bytes=10485760`);
      ok(large.kind === "refused", way);
      equal(large.reason, "size");
      equal((await fetchFrom(`/${way}?bytes=1001`)).kind, "refused", way);
      const fitting = await fetchFrom(`/${way}?bytes=1000`);
      equal(fitting.kind === "answered" && fitting.body.length, 1000, way);
    }
  }));

Deno.test("media types that were not asked for are refused unread", () =>
  withServer(
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    async (fetchFrom) => {
      const kindOf = async (...mediaTypes: string[]) => (await fetchFrom("/", { mediaTypes })).kind;
      equal(await kindOf("application/json", "image/*"), "refused");
      equal(await kindOf("text/*"), "answered");
      equal(await kindOf("text/html"), "answered");
    },
  ));

Deno.test("an answer that breaks off is no answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this";
    await connection.write(new TextEncoder().encode(head));
    connection.close();
  })();
  const host = `127.0.0.1:${listener.addr.port}`;
  const fetchGuarded = createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) });
  const answer = await fetchGuarded(new URL(`http://${host}/`), LIMITS);
  await serving;
  ok(answer.kind === "unreachable", JSON.stringify(answer));
  equal(answer.reason, "connection");
});

Deno.test("nobody at the port is unreachable, and told by the system's own word", async () => {
  const host = `127.0.0.1:${freePort()}`;
  const fetchGuarded = createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) });
  const answer = await fetchGuarded(new URL(`http://${host}/`), LIMITS);
  ok(answer.kind === "unreachable");
  equal([answer.reason, answer.detail], ["connection", `"${host}" can't be reached: ECONNREFUSED`]);
});

Deno.test("the checked address is connected to, and the certificate must still be the name's", async () => {
  const certificates = await Deno.readTextFile(
    new URL("testdata/provider.test.pem", import.meta.url),
  );
  const key = await Deno.readTextFile(new URL("testdata/provider.test.key.pem", import.meta.url));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, cert: certificates, key },
    (request) => new Response(request.headers.get("host")),
  );
  const { port } = server.addr;
  let lookUps = 0;
  const options: GuardedFetchOptions = {
    allowedHosts: AllowedHostList.parse(`provider.test:${port},other.test:${port}`),
    // Another answer the second time, as a rebinding name gives.
    lookUp: () =>
      Promise.resolve([{ address: lookUps++ === 0 ? "127.0.0.1" : "127.0.0.2", family: 4 }]),
    certificates,
  };
  const read = (hostname: string, own = options) => {
    lookUps = 0;
    return createGuardedFetch(own)(new URL(`https://${hostname}:${port}/`), LIMITS);
  };
  const answer = await read("provider.test");
  ok(answer.kind === "answered", JSON.stringify(answer));
  equal(new TextDecoder().decode(answer.body), `provider.test:${port}`);
  equal(lookUps, 1);
  equal((await read("other.test")).kind, "unreachable");
  const { certificates: _, ...untrusting } = options;
  equal((await read("provider.test", untrusting)).kind, "unreachable");
  await server.shutdown();
});
