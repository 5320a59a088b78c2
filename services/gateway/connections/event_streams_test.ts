/** Streams of events over real connections: how many one user has, and who doesn't read them. */
import { deepEqual as equal, match } from "node:assert/strict";
import { API_BASE, EVENT_STREAM, Problem } from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { bearer, createFixture } from "../testing/fixture.ts";
import { handStream, startGateway } from "../testing/servers.ts";
import { PHASE_LIMITS, serveConnections } from "./connection_server.ts";
import { EVENT_STREAMS_PER_USER_MAX } from "./event_streams.ts";

const EVENTS = `${API_BASE}/tasks/syn_${crypto.randomUUID()}/events`;
const SSE = { headers: { "content-type": EVENT_STREAM } };

Deno.test("one user's streams of events are counted, and end with what ends them", async () => {
  let asked = 0;
  let fails = false;
  await using gateway = await startGateway(() => {
    asked++;
    if (fails) return Response.json({}, { status: 503 });
    return new Response(handStream().readable, SSE);
  }, { eventStreamsMax: EVENT_STREAMS_PER_USER_MAX + 1 });
  const follow = (token: string) => fetch(gateway.url + EVENTS, { headers: bearer(token) });
  const refusal = async (reply: Response) => {
    match(reply.headers.get("retry-after") ?? "", /^\d+$/);
    return [reply.status, Problem.parse(await reply.json()).code];
  };
  const { auth } = gateway.fixture;
  const token = auth.signIn("reader");
  fails = true;
  for (let i = 0; i <= EVENT_STREAMS_PER_USER_MAX; i++) {
    const reply = await follow(token);
    equal(reply.status, 503);
    await reply.body?.cancel();
  }
  fails = false;
  asked = 0;
  const open: Response[] = [];
  for (let i = 0; i < EVENT_STREAMS_PER_USER_MAX; i++) open.push(await follow(token));
  equal(open.map((reply) => reply.status), open.map(() => 200));
  equal(await refusal(await follow(token)), [429, "rate_limited"]);
  open.push(await follow(auth.signIn("reader")));
  equal(await refusal(await follow(auth.signIn("reader"))), [503, "no_capacity"]);
  equal(asked, EVENT_STREAMS_PER_USER_MAX + 1);
  await open[0]?.body?.cancel();
  for (;;) {
    const reply = await follow(token);
    open.push(reply);
    if (reply.status === 200) break;
    await reply.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const reply of open) await reply.body?.cancel().catch(() => {});
});

Deno.test("a client that doesn't read what it asked for is cut off at the service too", async () => {
  const silent = handStream();
  const left = Promise.withResolvers<void>();
  const chunk = new Uint8Array(65_536);
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
      cancel: () => left.resolve(),
    });
  const owner = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => new Response(url.includes("/tasks/") ? silent.readable : endless(), SSE),
  );
  const { fetch: answer, token } = await appInFrontOf(`http://127.0.0.1:${owner.addr.port}`);
  const server = serveConnections({
    hostname: "127.0.0.1",
    port: 0,
    handle: answer,
    logger: quietLogger(),
    max: 10,
    perAddressMax: 10,
    limits: { ...PHASE_LIMITS, answering: 200 },
  });
  const { port } = server.addr;
  // Follows events that don't come: nobody waits for it to read.
  const events = await fetch(`http://127.0.0.1:${port}${EVENTS}`, { headers: bearer(token) });
  const slow = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `GET ${API_BASE}/libraries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}`;
  await slow.write(new TextEncoder().encode(`${head}\r\n\r\n`));
  await left.promise;
  await silent.write("data: 1\n\n");
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  equal((await reader.read()).value, "data: 1\n\n");
  await reader.cancel();
  slow.close();
  await server.shutdown();
  await owner.shutdown();
});

async function appInFrontOf(url: string) {
  const fixture = await createFixture({
    fetch,
    serviceUrls: { auth: url, library: url, "plugin-host": url, storage: url, sync: url },
  });
  return {
    token: fixture.auth.signIn("reader"),
    fetch: (request: Request, connection: object) => fixture.app.fetch(request, connection),
  };
}
