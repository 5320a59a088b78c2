/** Services that are away, slow or broken, as clients see them. */
import { deepEqual as equal, match, ok, rejects } from "node:assert/strict";
import { Problem } from "@codex/protocol";
import { importOf, LIBRARIES, listOf } from "./testing/calls.ts";
import { bearer, createFixture } from "./testing/fixture.ts";
import { deadUrl, handStream, startGateway } from "./testing/servers.ts";

Deno.test("a service that is down is 503 with Retry-After, for reads and uploads", async () => {
  await using gateway = await startGateway(deadUrl());
  for (const reply of [await listOf(gateway), await importOf(gateway, "{}\n")]) {
    equal(reply.status, 503);
    match(reply.headers.get("retry-after") ?? "", /^\d+$/);
    equal(Problem.parse(await reply.json()).code, "service_unavailable");
  }
});

Deno.test("a service that comes back is reached again at once", async () => {
  const url = new URL(deadUrl());
  await using gateway = await startGateway(url.origin);
  const start = () =>
    Deno.serve(
      { hostname: url.hostname, port: Number(url.port), onListen() {} },
      () => Response.json({ items: [] }),
    );
  for (let round = 0; round < 3; round++) {
    const service = start();
    equal((await listOf(gateway)).status, 200);
    await service.shutdown();
    const reply = await listOf(gateway);
    equal([reply.status, Problem.parse(await reply.json()).code], [503, "service_unavailable"]);
  }
});

Deno.test("a service that dies in the middle of an upload is 503 at once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using gateway = await startGateway(`http://127.0.0.1:${listener.addr.port}`);
  const body = handStream();
  const reply = importOf(gateway, body.readable);
  await body.write("{}\n");
  const connection = await listener.accept();
  await connection.read(new Uint8Array(1024));
  connection.close();
  listener.close();
  const answer = await reply;
  equal(answer.status, 503);
  equal(Problem.parse(await answer.json()).code, "service_unavailable");
  // The client may be told of the end before or after it goes on sending.
  await body.close().catch(() => {});
});

Deno.test("a service that dies in the middle of a small answer is a clean problem", async () => {
  await using gateway = await startGateway(
    await diesAfter(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"items":[',
    ),
  );
  const reply = await listOf(gateway);
  equal(reply.status, 503);
  equal(Problem.parse(await reply.json()).code, "service_unavailable");
});

Deno.test("a service that dies in the middle of a long answer breaks the client's off", async () => {
  await using gateway = await startGateway(
    await diesAfter(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"items":[',
    ),
  );
  const reply = await listOf(gateway);
  equal(reply.status, 200);
  await rejects(reply.text());
});

Deno.test("a service that doesn't answer in time is 504, and its call is ended", async () => {
  let isAsked = false;
  const ended = Promise.withResolvers<void>();
  let deadlineMs = 10;
  await using gateway = await startGateway(async (request) => {
    isAsked = true;
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    ended.resolve();
    return Response.json({});
  }, { deadlineMsOf: () => deadlineMs *= 2 });
  // On a busy machine the time may be over before the service has heard of the call.
  while (!isAsked) {
    const reply = await listOf(gateway);
    equal(reply.status, 504);
    equal(Problem.parse(await reply.json()).code, "deadline_exceeded");
  }
  await ended.promise;
});

Deno.test("a service that falls silent in the middle of an answer breaks the client's off", async () => {
  const body = handStream();
  await using gateway = await startGateway(
    () => new Response(body.readable),
    // Time enough for the first part, also on a busy machine.
    { deadlineMsOf: () => 3_000 },
  );
  const reply = await listOf(gateway);
  const reader = reply.body!.getReader();
  await body.write("first");
  await reader.read();
  await rejects(reader.read());
});

Deno.test("whatever a broken service answers, no part of it shows", async () => {
  const fixture = await createFixture();
  const headers = bearer(fixture.auth.signIn("reader"));
  const broken = [
    () => new Response("Error: boom\n    at secret.ts:1:1", { status: 500 }),
    () =>
      new Response("<html>secret</html>", {
        status: 502,
        headers: { "content-type": "text/html" },
      }),
    () => new Response(null, { status: 302, headers: { location: "http://secret.test" } }),
    () => Response.json({ secret: 1 }, { status: 401 }),
  ];
  for (const answer of broken) {
    fixture.answer = answer;
    const reply = await fixture.app.request(LIBRARIES, { headers });
    const text = await reply.text();
    equal([reply.status, Problem.parse(JSON.parse(text)).code], [502, "service_failed"]);
    ok(!text.includes("secret") && !text.includes("boom"));
  }
});

/** A server that sends `head` to its first caller and closes the connection. */
async function diesAfter(head: string): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  void (async () => {
    const connection = await listener.accept();
    listener.close();
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode(head));
    connection.close();
  })();
  return await Promise.resolve(`http://127.0.0.1:${port}`);
}
