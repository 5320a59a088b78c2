/** Clients over real connections that send nothing, half of something, or take nothing. */
import { deepEqual as equal, match, ok, rejects, throws } from "node:assert/strict";
import { quietLogger } from "@codex/service";
import { connectionRuntime } from "./connection_runtime.ts";
import {
  type ConnectionServerOptions,
  PHASE_LIMITS,
  serveConnections,
} from "./connection_server.ts";
import type { RequestHandler } from "./served_connection.ts";

const HEAD = "GET / HTTP/1.1\r\nHost: codex.test\r\n\r\n";

function start(handle: RequestHandler, options: Partial<ConnectionServerOptions> = {}) {
  const server = serveConnections({
    hostname: "127.0.0.1",
    port: 0,
    handle,
    logger: quietLogger(),
    max: 50,
    perAddressMax: 50,
    ...options,
  });
  const { port } = server.addr;
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

/** What comes until the other side closes the connection. */
async function untilClosed(connection: Deno.TcpConn): Promise<string> {
  try {
    return await new Response(connection.readable).text();
  } catch {
    return "reset";
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("a client that sends no whole head in time is cut off; one that does is answered", async () => {
  const limits = { ...PHASE_LIMITS, unheard: 50 };
  await using gate = start(() => new Response("hello"), { limits });
  const silent = await gate.connect();
  const half = await gate.connect();
  await send(half, HEAD.slice(0, 20));
  const spoken = await gate.connect();
  await send(spoken, HEAD);
  for (const connection of [silent, half]) equal(await untilClosed(connection), "");
  // Kept alive meanwhile, for longer than a first head may take.
  await send(spoken, HEAD.replace("Host", "Connection: close\r\nHost"));
  match(await untilClosed(spoken), /hello[^]*HTTP\/1\.1 200[^]*hello/);
  await until(() => gate.server.count === 0);
});

Deno.test("a connection that is kept alive without use ends after its time", async () => {
  const limits = { ...PHASE_LIMITS, idle: 50 };
  await using gate = start(() => new Response("hello"), { limits });
  const connection = await gate.connect();
  await send(connection, HEAD);
  match(await untilClosed(connection), /hello/);
});

Deno.test("a client that doesn't take its answer is cut off, one that waits for events isn't", async () => {
  const limits = { ...PHASE_LIMITS, answering: 100 };
  const left = Promise.withResolvers<void>();
  const events = Promise.withResolvers<void>();
  await using gate = start((request, connection) => {
    const isLong = request.url.endsWith("/long");
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        connection.waitForServer();
        if (!isLong) await events.promise;
        controller.enqueue(new Uint8Array(isLong ? 1_000_000 : 10));
        connection.waitForClient();
        if (!isLong) controller.close();
      },
      cancel: () => left.resolve(),
    }, { highWaterMark: 0 });
    return new Response(body);
  }, { limits });
  const patient = fetch(`${gate.url}/events`);
  const slow = await gate.connect();
  await send(slow, HEAD.replace("/", "/long"));
  await left.promise;
  slow.close();
  // The other one has waited longer by now.
  const reply = await patient;
  events.resolve();
  equal((await reply.arrayBuffer()).byteLength, 10);
});

Deno.test("an answer after which the connection isn't kept arrives whole, and ends it", async () => {
  await using gate = start((_request, connection) => {
    connection.closeAfterAnswer();
    return new Response("x".repeat(100_000));
  });
  const connection = await gate.connect();
  await send(connection, "POST / HTTP/1.1\r\nHost: codex.test\r\nContent-Length: 10\r\n\r\nabc");
  const answer = await untilClosed(connection);
  match(answer, /\r\nconnection: close\r\n/);
  equal(answer.length - answer.indexOf("xxx"), 100_000);
  await until(() => gate.server.count === 0);
});

Deno.test("with all connections in use a newcomer is refused, until one ends", async () => {
  const go = Promise.withResolvers<void>();
  let waiting = 0;
  await using gate = start(async () => {
    waiting++;
    await go.promise;
    return new Response("hello");
  }, { max: 3 });
  const replies = Array.from({ length: 3 }, () => fetch(gate.url).then((reply) => reply.text()));
  await until(() => waiting === 3);
  const newcomer = await gate.connect();
  await send(newcomer, HEAD).catch(() => {});
  ok(["", "reset"].includes(await untilClosed(newcomer)));
  go.resolve();
  equal(await Promise.all(replies), ["hello", "hello", "hello"]);
});

Deno.test("requests that share one connection are counted like connections", async () => {
  const go = Promise.withResolvers<void>();
  const over: boolean[] = [];
  await using gate = start(async (_request, connection) => {
    over.push(connection.isBeyondLimit);
    if (!connection.isBeyondLimit) await go.promise;
    return new Response("hello");
  }, { max: 5, perAddressMax: 3 });
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const ask = async () => await (await fetch(gate.url, { client })).text();
  const first = Array.from({ length: 3 }, ask);
  await until(() => over.length === 3);
  equal(gate.server.count, 1);
  equal(await ask(), "hello");
  equal(over, [false, false, false, true]);
  go.resolve();
  await Promise.all(first);
  // Their places are free once the connection knows that it has passed the answers on.
  while (over.at(-1)) equal(await ask(), "hello");
});

Deno.test("a connection that floods is closed after the refusal, and what else it sent is dropped", async () => {
  let asked = 0;
  await using gate = start((_request, connection) => {
    asked++;
    connection.closeFlood();
    return new Response("enough");
  });
  const connection = await gate.connect();
  await send(connection, HEAD.repeat(100));
  match(await untilClosed(connection), /^HTTP\/1.1 200[^]*enough$|^reset$/);
  // HTTP may have read the second one before the first answer said that it is the last.
  ok(asked <= 2, String(asked));
  await until(() => gate.server.count === 0);
});

Deno.test("HTTP/2, which has no last answer, is ended where it goes on with its flood", async () => {
  await using gate = start((_request, connection) => {
    connection.closeFlood();
    return new Response("enough");
  });
  using client = Deno.createHttpClient({ http1: false, http2: true });
  const ask = async () => await (await fetch(gate.url, { client })).text();
  equal(await ask(), "enough");
  await rejects(ask);
  await until(() => gate.server.count === 0);
});

Deno.test("of addresses that are shut out nothing is accepted, until they are let in again", async () => {
  let isShutOut = true;
  const groups = new Set<string>();
  await using gate = start(() => new Response("hello"), {
    isShutOut: (group) => {
      groups.add(group);
      return isShutOut;
    },
  });
  const connection = await gate.connect();
  ok(["", "reset"].includes(await untilClosed(connection)));
  equal(gate.server.count, 0);
  isShutOut = false;
  equal(await (await fetch(gate.url)).text(), "hello");
  equal([...groups], ["127.0.0.1"]);
});

Deno.test("clients that leave in the middle of anything free their places", async () => {
  let asked = 0;
  await using gate = start(async (request) => {
    asked++;
    await request.arrayBuffer().catch(() => {});
    return new Response("hello");
  });
  const beginnings = [
    "",
    HEAD.slice(0, 9),
    HEAD,
    `${HEAD}${HEAD.slice(0, 9)}`,
    "POST / HTTP/1.1\r\nHost: codex.test\r\nContent-Length: 9\r\n\r\nabc",
  ];
  const connections = await Promise.all(beginnings.map(async (text) => {
    const connection = await gate.connect();
    if (text !== "") await send(connection, text);
    return connection;
  }));
  await until(() => gate.server.count === 5 && asked === 3);
  for (const connection of connections) connection.close();
  await until(() => gate.server.count === 0);
});

Deno.test("a stop lets requests under way finish, and waits for nobody who sends nothing", async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const gate = start(async () => {
    asked.resolve();
    await go.promise;
    return new Response("hello");
  });
  const silent = await gate.connect();
  const reply = fetch(gate.url);
  await asked.promise;
  const stopped = gate.server.shutdown();
  equal(await untilClosed(silent), "");
  go.resolve();
  equal(await (await reply).text(), "hello");
  await stopped;
  equal(gate.server.count, 0);
});

Deno.test("a Deno that can't serve single connections is named at start", () => {
  throws(
    () => connectionRuntime({}),
    /^Error: Deno \S+ can't serve single connections: start with/,
  );
});
