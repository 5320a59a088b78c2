/** What crosses the gateway between a client and the service that owns an operation. */
import { deepEqual as equal, match, ok, rejects } from "node:assert/strict";
import { API_BASE, NDJSON, Problem } from "@codex/protocol";
import { BODY_BYTES_MAX } from "./bodies/json_body.ts";
import { IMPORT, importOf, LIBRARIES, listOf } from "./testing/calls.ts";
import { bearer, createFixture } from "./testing/fixture.ts";
import { handStream, startGateway } from "./testing/servers.ts";

const ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";

Deno.test("an import reaches library line by line, while it is still being sent", async () => {
  const seen = Promise.withResolvers<string>();
  await using gateway = await startGateway(async (request) => {
    const reader = request.body!.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader.read();
    seen.resolve(first.value ?? "");
    let rest = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value;
    return Response.json({ first: first.value, rest });
  });
  const body = handStream();
  const reply = importOf(gateway, body.readable);
  await body.write('{"key":1}\n');
  equal(await seen.promise, '{"key":1}\n');
  await body.write('{"key":2}\n');
  await body.close();
  equal(await (await reply).json(), { first: '{"key":1}\n', rest: '{"key":2}\n' });
});

Deno.test("an import of 64 MiB passes through, byte for byte", async () => {
  await using gateway = await startGateway(async (request) => {
    let bytes = 0;
    for await (const chunk of request.body!) bytes += chunk.length;
    return Response.json({ bytes, type: request.headers.get("content-type") });
  });
  const chunk = new Uint8Array(1024 * 1024).fill(120);
  const body = ReadableStream.from((function* () {
    for (let i = 0; i < 64; i++) yield chunk;
  })());
  const reply = await importOf(gateway, body);
  equal(await reply.json(), { bytes: 64 * chunk.length, type: NDJSON });
});

Deno.test("a client that breaks off its upload breaks it off at library too", async () => {
  const started = Promise.withResolvers<void>();
  const brokenOff = Promise.withResolvers<void>();
  await using gateway = await startGateway(async (request) => {
    try {
      for await (const _ of request.body!) started.resolve();
    } catch {
      brokenOff.resolve();
    }
    return Response.json({});
  });
  const body = handStream();
  const leave = new AbortController();
  const reply = importOf(gateway, body.readable, { signal: leave.signal });
  await body.write("{}\n");
  await started.promise;
  leave.abort();
  await rejects(reply, { name: "AbortError" });
  await brokenOff.promise;
});

Deno.test("a client that breaks off a small body has left, and no service is blamed", async () => {
  const { app, auth, calls } = await createFixture();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"name":')),
    pull: (controller) => controller.error(new Error("reset")),
  });
  const reply = await app.request(LIBRARIES, {
    method: "POST",
    headers: {
      ...bearer(auth.signIn("admin")),
      "content-type": "application/json",
      "content-length": "100",
    },
    body,
  });
  equal([reply.status, calls.length], [499, 0]);
});

Deno.test("a small body that trickles in is given up at the deadline", async () => {
  await using gateway = await startGateway(() => Response.json({}), { bodyMs: 50 });
  const { hostname, port } = new URL(gateway.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    `POST ${API_BASE}/auth/login HTTP/1.1`,
    "Host: codex.test",
    "Content-Type: application/json",
    "Content-Length: 100",
  ];
  await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n{"username":`));
  const answer = new Uint8Array(4096);
  const length = await connection.read(answer) ?? 0;
  match(new TextDecoder().decode(answer.subarray(0, length)), /^HTTP\/1\.1 504 /);
});

Deno.test("an import whose client stops in the middle is given up, at library too", async () => {
  const brokenOff = Promise.withResolvers<void>();
  await using gateway = await startGateway(async (request) => {
    try {
      for await (const _ of request.body!);
    } catch {
      brokenOff.resolve();
    }
    return Response.json({});
  }, { uploadPauseMs: 200 });
  const body = handStream();
  const reply = importOf(gateway, body.readable);
  await body.write("{}\n");
  await brokenOff.promise;
  const answer = await reply;
  equal([answer.status, Problem.parse(await answer.json()).code], [504, "deadline_exceeded"]);
  await body.close().catch(() => {});
});

Deno.test("JSON that comes in pieces reaches its owner in one", async () => {
  await using gateway = await startGateway(async (request) =>
    Response.json({ body: await request.text(), length: request.headers.get("content-length") })
  );
  const headers = {
    ...bearer(gateway.fixture.auth.signIn("admin")),
    "content-type": "application/json",
  };
  const send = (body: BodyInit) =>
    fetch(gateway.url + LIBRARIES, { method: "POST", headers, body });
  const body = handStream();
  const reply = send(body.readable);
  await body.write('{"name":');
  await body.write('"x"}');
  await body.close();
  equal(await (await reply).json(), { body: '{"name":"x"}', length: "12" });
  const pieces = [new Uint8Array(BODY_BYTES_MAX), new Uint8Array(1)];
  const tooLarge = await send(ReadableStream.from(pieces));
  equal([tooLarge.status, Problem.parse(await tooLarge.json()).code], [413, "payload_too_large"]);
});

Deno.test("a client that leaves while it waits frees the service from its call", async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  await using gateway = await startGateway(async (request) => {
    asked.resolve();
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    left.resolve();
    return Response.json({});
  });
  const leave = new AbortController();
  const reply = listOf(gateway, { signal: leave.signal });
  await asked.promise;
  leave.abort();
  await rejects(reply, { name: "AbortError" });
  await left.promise;
});

Deno.test("an answer without a length reaches the client piece by piece", async () => {
  const body = handStream();
  await using gateway = await startGateway(() =>
    new Response(body.readable, { headers: { "content-type": "text/event-stream" } })
  );
  const reply = await listOf(gateway);
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  await body.write("first");
  equal((await reader.read()).value, "first");
  await body.write("second");
  equal((await reader.read()).value, "second");
  await body.close();
  equal((await reader.read()).done, true);
});

Deno.test("a client that leaves a long answer ends it at the service", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using gateway = await startGateway(() => {
    const chunk = new Uint8Array(65_536);
    return new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(chunk),
        cancel: () => cancelled.resolve(),
      }),
    );
  });
  const reply = await listOf(gateway);
  const reader = reply.body!.getReader();
  await reader.read();
  await reader.cancel();
  await cancelled.promise;
});

Deno.test("a large answer arrives whole", async () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({ i, text: "x".repeat(50) }));
  await using gateway = await startGateway(() => Response.json({ items }));
  equal(await (await listOf(gateway)).json(), { items });
});

Deno.test("a service that refuses an upload midway is heard by the client", async () => {
  await using gateway = await startGateway(async (request) => {
    await request.body!.getReader().read();
    const problem: Problem = {
      type: "urn:codex:problem:not_found",
      title: "Not found",
      status: 404,
      detail: "There is no such library",
      instance: IMPORT,
      code: "not_found",
      requestId: "12345678",
    };
    return Response.json(problem, {
      status: 404,
      headers: { "content-type": "application/problem+json" },
    });
  });
  const reply = await importOf(gateway, "x".repeat(1_000_000));
  equal(reply.status, 404);
  equal(Problem.parse(await reply.json()).detail, "There is no such library");
});

Deno.test("a task is asked of the service that its prefix names, and its events pass as they come", async () => {
  const events = handStream();
  await using gateway = await startGateway((request) => {
    ok(request.url.endsWith(`/tasks/syn_${ID}/events`));
    return new Response(events.readable, { headers: { "content-type": "text/event-stream" } });
  });
  const headers = bearer(gateway.fixture.auth.signIn("reader"));
  const tasks = `${gateway.url}${API_BASE}/tasks`;
  const reply = await fetch(`${tasks}/syn_${ID}/events`, { headers });
  equal(reply.headers.get("content-type"), "text/event-stream");
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    await events.write(event);
    equal((await reader.read()).value, event);
  }
  await events.close();
  equal((await reader.read()).done, true);
  for (const id of [`xyz_${ID}`, ID, "syn_1"]) {
    const unknown = await fetch(`${tasks}/${id}`, { headers });
    equal([unknown.status, Problem.parse(await unknown.json()).code], [404, "not_found"], id);
  }
});
