import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
import { ConfigurationError, ConnectionError, HostError, RateLimitedError } from "./errors.ts";
import { completeManifest } from "./manifest.ts";
import { type CallContext, definePlugin, type Method, type PluginOptions } from "./plugin.ts";
import { createTransportPair, startTestHost } from "./testing.ts";

const manifest = completeManifest({
  name: "test",
  displayName: "Test",
  version: "1.0.0",
  description: "",
  author: "Codex",
}, {});

function plugin(methods: Record<string, Method>, options: PluginOptions = {}) {
  return definePlugin({ ...options, manifest, methods });
}

/** Resolves inside a handler, so that a test knows it runs. */
function signalled() {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => fire = resolve);
  return { fire: () => fire(), fired };
}

function untilAborted({ signal }: CallContext): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

Deno.test("initialize hands over the settings and answers with the manifest", async () => {
  let told: unknown;
  const host = await startTestHost(
    plugin({}, {
      onInitialize: ({ adminConfig, userConfig, credentials, dataDir, userId, logLevel }) => {
        told = { adminConfig, userConfig, credentials, dataDir, userId, logLevel };
      },
    }),
    { adminConfig: { a: 1 }, credentials: { key: "secret" }, dataDir: "/data", userId: "u" },
  );
  assert.deepEqual(host.manifest, manifest);
  assert.deepEqual(told, {
    adminConfig: { a: 1 },
    userConfig: {},
    credentials: { key: "secret" },
    dataDir: "/data",
    userId: "u",
    logLevel: "debug",
  });
  await host.stop();
});

Deno.test("a host that sends only the merged configuration is understood", async () => {
  const [hostEnd, pluginEnd] = createTransportPair();
  let adminConfig: unknown;
  const served = plugin({}, { onInitialize: (session) => void (adminConfig = session.adminConfig) })
    .serve(pluginEnd, () => {});
  hostEnd.send('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"config":{"a":1}}}');
  hostEnd.end();
  await served;
  assert.deepEqual(adminConfig, { a: 1 });
});

Deno.test("initialize names every wrong param", async () => {
  const wrong = { adminConfig: 1, credentials: { key: 2 } } as unknown as Record<string, never>;
  await assert.rejects(
    startTestHost(plugin({}), wrong),
    new HostError(
      -32602,
      '"adminConfig" must be an object; "credentials.key" must be a string',
    ),
  );
});

Deno.test("a failing onInitialize refuses the start with its own code, and a second try may succeed", async () => {
  let healthy = false;
  const [hostEnd, pluginEnd] = createTransportPair();
  const host = new Connection(hostEnd, {
    request: () => null,
    notification() {},
    fault() {},
  });
  host.listen();
  const served = plugin({}, {
    onInitialize() {
      if (!healthy) throw new ConfigurationError('"apiKey" is missing');
    },
  }).serve(pluginEnd, () => {});
  const call = (method: string) => host.call(method, {}, { timeoutMs: 1000 });
  await assert.rejects(call("initialize"), new HostError(-32005, '"apiKey" is missing'));
  healthy = true;
  assert.deepEqual(await call("initialize"), manifest);
  await assert.rejects(call("initialize"), { code: -32600 });
  await call("shutdown");
  await served;
});

Deno.test("ping is answered before and after initialize, other methods only after it", async () => {
  const [hostEnd, pluginEnd] = createTransportPair();
  const host = new Connection(hostEnd, { request: () => null, notification() {}, fault() {} });
  host.listen();
  const served = plugin({ echo: (params) => params }).serve(pluginEnd, () => {});
  const call = (method: string, params: unknown = {}) =>
    host.call(method, params, { timeoutMs: 1000 });
  assert.equal(await call("ping"), "pong");
  await assert.rejects(call("echo"), new HostError(-32600, '"initialize" has to come first'));
  await call("initialize");
  assert.equal(await call("ping"), "pong");
  assert.deepEqual(await call("echo", { a: [1] }), { a: [1] });
  hostEnd.end();
  await served;
});

Deno.test("an unknown method is refused by name, also one that every object inherits", async () => {
  const host = await startTestHost(plugin({}));
  for (const method of ["metadata/series/get", "toString", "__proto__"]) {
    await assert.rejects(
      host.call(method),
      new HostError(-32601, `Method "${method}" is not offered`),
    );
  }
  await host.stop();
});

Deno.test("typed errors cross with code and data; anything else is an internal error and logged", async () => {
  const host = await startTestHost(plugin({
    limited: () => {
      throw new RateLimitedError(30);
    },
    broken: () => Promise.reject(new TypeError("boom")),
    cyclic: () => {
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      return cycle;
    },
  }));
  const limited = new HostError(-32001, "Rate limited", { retryAfterSeconds: 30 });
  await assert.rejects(host.call("limited"), limited);
  await assert.rejects(host.call("broken"), new HostError(-32603, "boom"));
  await assert.rejects(host.call("cyclic"), { code: -32603 });
  assert.equal(host.log.filter((line) => line.startsWith('error "broken" failed')).length, 1);
  assert.equal(host.log.filter((line) => line.includes("limited")).length, 0);
  await host.stop();
});

Deno.test("a slow call doesn't hold up a quick one", async () => {
  const gate = signalled();
  const host = await startTestHost(plugin({
    slow: () => gate.fired.then(() => "slow"),
    quick: () => "quick",
  }));
  const slow = host.call("slow");
  assert.equal(await host.call("quick"), "quick");
  gate.fire();
  assert.equal(await slow, "slow");
  await host.stop();
});

Deno.test("$/cancelRequest fires the signal of that call alone, and the call is not answered", async () => {
  const aborted: unknown[] = [];
  const [hostEnd, pluginEnd] = createTransportPair();
  const received: string[] = [];
  hostEnd.receive({ line: (text) => received.push(text), fault() {} });
  const served = plugin({
    wait: (params, context) =>
      untilAborted(context).catch((reason) => {
        aborted.push(params);
        throw reason;
      }),
  }).serve(pluginEnd, () => {});
  const send = (message: object) => hostEnd.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  send({ id: 1, method: "initialize", params: {} });
  send({ id: 2, method: "wait", params: { call: 2 } });
  send({ id: 3, method: "wait", params: { call: 3 } });
  await settle();
  send({ method: "$/cancelRequest", params: { id: 2 } });
  send({ method: "$/cancelRequest", params: { id: 99 } });
  send({ method: "$/cancelRequest", params: null });
  send({ id: 4, method: "ping" });
  await settle();
  assert.deepEqual(aborted, [{ call: 2 }]);
  assert.deepEqual(received.map((text) => JSON.parse(text).id), [1, 4]);
  hostEnd.end();
  await served;
  assert.deepEqual(aborted, [{ call: 2 }, { call: 3 }]);
});

Deno.test("shutdown lets running calls end, then runs onShutdown, then answers null", async () => {
  const order: string[] = [];
  const gate = signalled();
  const storage = new Map();
  let saved: Promise<void> = Promise.resolve();
  const host = await startTestHost(
    plugin({
      work: async (_params, context) => {
        await gate.fired;
        order.push("work");
        saved = context.storage.set("state", 1);
        await saved;
        return "done";
      },
    }, { onShutdown: () => void order.push("onShutdown") }),
    { storage },
  );
  const work = host.call("work");
  await settle();
  const stopped = host.stop().then(() => order.push("stopped"));
  await assert.rejects(host.call("work"), new HostError(-32600, "Plugin is shutting down"));
  gate.fire();
  assert.equal(await work, "done");
  await stopped;
  assert.deepEqual(order, ["work", "onShutdown", "stopped"]);
  assert.equal(storage.get("state"), 1);
});

Deno.test("shutdown abandons a call that doesn't end in time", async () => {
  const reasons: unknown[] = [];
  const host = await startTestHost(plugin({
    hang: (_params, context) => untilAborted(context).catch((reason) => void reasons.push(reason)),
  }, { shutdownTimeoutMs: 5 }));
  const hang = assert.rejects(host.call("hang"), new HostError(-32603, "Plugin is shutting down"));
  await settle();
  await host.stop();
  await hang;
  assert.ok(reasons[0] instanceof ConnectionError && reasons[0].fault === "closed");
});

Deno.test("the end of input fires every signal, runs onShutdown and ends serving", async () => {
  const order: string[] = [];
  const [hostEnd, pluginEnd] = createTransportPair();
  const log: string[] = [];
  const served = plugin({
    wait: (_params, context) => untilAborted(context).finally(() => order.push("aborted")),
  }, {
    onShutdown: () => {
      order.push("onShutdown");
      throw new Error("too late");
    },
  }).serve(pluginEnd, (line) => log.push(line));
  hostEnd.send('{"id":1,"method":"initialize"}');
  hostEnd.send('{"id":2,"method":"wait"}');
  await settle();
  hostEnd.end();
  await served;
  assert.deepEqual(order.sort(), ["aborted", "onShutdown"]);
  assert.match(log.join("\n"), /onShutdown failed/);
});

Deno.test("lines that are no messages are answered with their error and do no harm", async () => {
  const [hostEnd, pluginEnd] = createTransportPair();
  const received: string[] = [];
  hostEnd.receive({ line: (text) => received.push(text), fault() {} });
  const served = plugin({}).serve(pluginEnd, () => {});
  for (
    const line of ["{", "[]", '{"id":5,"result":1}', '{"result":1}', '{"id":1,"method":"ping"}']
  ) {
    hostEnd.send(line);
  }
  await settle();
  hostEnd.end();
  await served;
  assert.deepEqual(received.map((text) => JSON.parse(text)), [
    { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Message is not JSON" } },
    {
      jsonrpc: "2.0",
      id: null,
      error: { code: -32600, message: "Message must be one JSON object" },
    },
    { jsonrpc: "2.0", id: 1, result: "pong" },
  ]);
});

/** Lets everything that is due now run: messages in memory take microtasks only. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
