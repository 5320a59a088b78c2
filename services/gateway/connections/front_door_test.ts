/** The gateway's process under anonymous clients that want to take all it has. */
import { deepEqual as equal, match, ok } from "node:assert/strict";
import { API_BASE, Problem } from "@codex/protocol";
import { requireTool } from "../../../infra/test/tools.ts";
import { startGatewayProcess } from "../testing/gateway_process.ts";

// Its limit of open files is set by a program of util-linux.
const ignore = requireTool("prlimit") === "skip";
/** A machine that is busy with other tests gives up late. */
const DEADLINE_MS = 60_000;
const LOGIN = [
  `POST ${API_BASE}/auth/login HTTP/1.1`,
  "Host: codex.test",
  "Content-Type: application/json",
  "Content-Length: 100",
  "",
  '{"username":',
].join("\r\n");

/** Stands for every service, and counts its calls. */
function serveOwners() {
  let calls = 0;
  let held = Promise.withResolvers<void>();
  held.resolve();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    calls++;
    await held.promise;
    return Response.json({ status: "ok", setupRequired: false });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls: () => calls,
    /** Answers nothing until {@linkcode release}. */
    hold: () => void (held = Promise.withResolvers()),
    release: () => held.resolve(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Connections that send `text` and then nothing; closed at the end. */
async function flood(port: number, count: number, text = "") {
  const connections: Deno.TcpConn[] = [];
  let ended = 0;
  for (let i = 0; i < count; i++) {
    // One that isn't accepted in time waits in the kernel's queue.
    void Deno.connect({ hostname: "127.0.0.1", port }).then(async (connection) => {
      connections.push(connection);
      if (text !== "") await connection.write(new TextEncoder().encode(text));
      while (await connection.read(new Uint8Array(1024)) !== null);
    }).catch(() => {}).then(() => ended++);
    if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return {
    /** Of them, those that the gateway refused or closed. */
    ended: () => ended,
    [Symbol.dispose]() {
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // The gateway closed it.
        }
      }
    },
  };
}

/** A client at another address of this machine, with connections of its own. */
function honestClient(url: string, localAddress: string) {
  const client = Deno.createHttpClient({ localAddress });
  const ask = async (): Promise<number> => {
    const reply = await fetch(`${url}/health/live`, { client });
    await reply.body?.cancel();
    return reply.status;
  };
  return {
    ask,
    /** As people do who are refused: again, a little later. */
    askUntilServed: () => until(async () => await ask().catch(() => 0) === 200),
    [Symbol.dispose]: () => client.close(),
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await condition()) {
    ok(performance.now() < deadline, "It did not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test({
  name: "thousands of idle connections leave the gateway to everybody else",
  ignore,
  async fn() {
    await using owners = serveOwners();
    await using gateway = await startGatewayProcess(owners.url, {
      descriptors: 200,
      env: { CODEX_CONNECTIONS_MAX: "80", CODEX_CONNECTIONS_PER_ADDRESS_MAX: "40" },
    });
    using elsewhere = honestClient(gateway.url, "127.0.0.2");
    using neighbour = honestClient(gateway.url, "127.0.0.1");
    equal(await elsewhere.ask(), 200);
    using idle = await flood(gateway.port, 2000);
    for (let i = 0; i < 20; i++) equal(await elsewhere.ask(), 200);
    await neighbour.askUntilServed();
    await until(() => idle.ended() >= 1960);
    equal(gateway.ended(), undefined);
    ok(!gateway.output().includes("can't be accepted"));
  },
});

Deno.test({
  name: "a flood of cheap requests costs its sender the connections, and nobody else the answers",
  ignore,
  async fn() {
    await using owners = serveOwners();
    await using gateway = await startGatewayProcess(owners.url, { descriptors: 2000 });
    const docs = "GET /api/docs HTTP/1.1\r\nHost: codex.test\r\n\r\n".repeat(1000);
    using pipelined = await flood(gateway.port, 300, docs);
    using elsewhere = honestClient(gateway.url, "127.0.0.2");
    for (let i = 0; i < 20; i++) equal(await elsewhere.ask(), 200);
    await until(() => pipelined.ended() === 300);
    using neighbour = honestClient(gateway.url, "127.0.0.1");
    await neighbour.askUntilServed();
    equal(gateway.ended(), undefined);
  },
});

Deno.test({
  name: "a gateway without descriptors serves on, and says what to do",
  ignore,
  async fn() {
    await using owners = serveOwners();
    await using gateway = await startGatewayProcess(owners.url, {
      descriptors: 120,
      env: { CODEX_CONNECTIONS_MAX: "100000", CODEX_CONNECTIONS_PER_ADDRESS_MAX: "100000" },
    });
    using _idle = await flood(gateway.port, 1000);
    await until(() => gateway.output().includes("can't be accepted"));
    using honest = honestClient(gateway.url, "127.0.0.2");
    await honest.askUntilServed();
    match(gateway.output(), /raise the limit of open files, or lower CODEX_CONNECTIONS_MAX/);
    equal(gateway.ended(), undefined);
  },
});

Deno.test({
  name: "half heads and slow bodies take one client's places, and no service's time",
  ignore,
  async fn() {
    await using owners = serveOwners();
    await using gateway = await startGatewayProcess(owners.url, {
      descriptors: 200,
      env: { CODEX_CONNECTIONS_MAX: "80", CODEX_CONNECTIONS_PER_ADDRESS_MAX: "10" },
    });
    using neighbour = honestClient(gateway.url, "127.0.0.1");
    using elsewhere = honestClient(gateway.url, "127.0.0.2");
    using _heads = await flood(gateway.port, 10, LOGIN.slice(0, 30));
    await neighbour.askUntilServed();
    using bodies = await flood(gateway.port, 100, LOGIN);
    await until(() => bodies.ended() >= 90);
    for (let i = 0; i < 20; i++) equal(await elsewhere.ask(), 200);
    equal([owners.calls(), gateway.ended()], [0, undefined]);
  },
});

Deno.test({
  name: "many requests on one connection reach the services no more than as many connections",
  ignore,
  async fn() {
    await using owners = serveOwners();
    await using gateway = await startGatewayProcess(owners.url, {
      descriptors: 200,
      env: { CODEX_CONNECTIONS_MAX: "80", CODEX_CONNECTIONS_PER_ADDRESS_MAX: "40" },
    });
    owners.hold();
    using client = Deno.createHttpClient({ http1: false, http2: true });
    const login = async () => {
      const reply = await fetch(`${gateway.url}${API_BASE}/auth/login`, {
        client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"username":"reader","password":"x"}',
      });
      return [reply.status, Problem.safeParse(await reply.json()).data?.code];
    };
    let refused = 0;
    const replies = Array.from({ length: 120 }, async () => {
      const [status, code] = await login();
      if (status === 503 && code === "no_capacity") refused++;
    });
    await until(() => refused === 80 && owners.calls() === 40);
    using elsewhere = honestClient(gateway.url, "127.0.0.2");
    for (let i = 0; i < 20; i++) equal(await elsewhere.ask(), 200);
    owners.release();
    await Promise.all(replies);
    equal([refused, owners.calls(), gateway.ended()], [80, 40, undefined]);
  },
});
