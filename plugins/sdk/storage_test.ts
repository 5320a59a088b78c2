import assert from "node:assert/strict";
import { Connection } from "./connection.ts";
import { ConnectionError, HostError } from "./errors.ts";
import type { JsonValue } from "./json_rpc.ts";
import { completeManifest } from "./manifest.ts";
import { definePlugin, type Method, type PluginOptions } from "./plugin.ts";
import { createStorage } from "./storage.ts";
import type { SyncEntry } from "./sync.ts";
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

/** A store whose other end is `answer`. */
function storageOver(answer: (method: string, params: unknown) => unknown, timeoutMs = 1000) {
  const [hostEnd, pluginEnd] = createTransportPair();
  const notification = () => {};
  const fault = () => {};
  const host = new Connection(hostEnd, {
    request: ({ method, params }) => answer(method, params),
    notification,
    fault,
  });
  const connection = new Connection(pluginEnd, { request: () => null, notification, fault });
  host.listen();
  connection.listen();
  return { storage: createStorage(connection, { timeoutMs }), connection };
}

Deno.test("what is set is got, listed, deleted and cleared", async () => {
  const stored = new Map<string, JsonValue>();
  const host = await startTestHost(
    plugin({
      run: async (_params, { storage }) => {
        await storage.set("b", { list: [1, null] });
        await storage.set("a", "x");
        const keys = (await storage.list()).map(({ key }) => key);
        const got = [await storage.get("b"), await storage.get("none")];
        const deleted = [await storage.delete("a"), await storage.delete("a")];
        return { keys, got, deleted, cleared: await storage.clear() };
      },
    }),
    { storage: stored },
  );
  assert.deepEqual(await host.call("run"), {
    keys: ["a", "b"],
    got: [{ data: { list: [1, null] } }, { data: null }],
    deleted: [true, false],
    cleared: 1,
  });
  assert.equal(stored.size, 0);
  await host.stop();
});

interface Progress {
  readonly externalId: string;
  readonly volumes?: number;
}

Deno.test("the SDK's types and one's own are set and got without casts", async () => {
  const entry: SyncEntry = { externalId: "1", status: "reading", progress: { volumes: 3 } };
  const own: readonly Progress[] = [{ externalId: "2" }, { externalId: "3", volumes: 1 }];
  const host = await startTestHost(
    plugin({
      run: async (_params, { storage }) => {
        await storage.set("entry", entry);
        await storage.set("own", own);
        const { data } = await storage.get<SyncEntry>("entry");
        const { data: list } = await storage.get<Progress[]>("own");
        const { data: any } = await storage.get("none");
        return [data?.progress?.volumes, list?.map(({ volumes = 0 }) => volumes), any];
      },
    }),
    { storage: new Map() },
  );
  assert.deepEqual(await host.call("run"), [3, [0, 1], null]);
  await host.stop();
});

Deno.test("state can be loaded while initialize is unanswered", async () => {
  let loaded: JsonValue;
  const host = await startTestHost(
    plugin({}, {
      onInitialize: async ({ storage }) => void (loaded = (await storage.get("state")).data),
    }),
    { storage: new Map([["state", 42]]) },
  );
  assert.equal(loaded!, 42);
  await host.stop();
});

Deno.test("a plugin without a connection gets method not found", async () => {
  const host = await startTestHost(plugin({
    run: (_params, { storage }) => storage.get("a").catch((error) => error.code),
  }));
  assert.equal(await host.call("run"), -32601);
  await host.stop();
});

Deno.test("the host's error comes through, and set sends an instant", async () => {
  const { storage } = storageOver((_method, params) => {
    assert.deepEqual(params, { key: "k", data: 1, expiresAt: "2030-01-01T00:00:00.000Z" });
    throw new Error("At most 100 keys");
  });
  await assert.rejects(
    storage.set("k", 1, { expiresAt: new Date("2030-01-01") }),
    new HostError(-32603, "At most 100 keys"),
  );
});

Deno.test("no answer in time is a timeout, and the late answer is dropped", async () => {
  let answer = (_value: unknown) => {};
  const { storage } = storageOver(() => new Promise((resolve) => answer = resolve), 5);
  await assert.rejects(
    storage.get("k"),
    new ConnectionError("timeout", 'No answer to "storage/get" within 5 ms'),
  );
  answer({ data: 1 });
});

Deno.test("a closed connection fails waiting and later calls at once", async () => {
  const { storage, connection } = storageOver(() => new Promise(() => {}));
  const waiting = assert.rejects(storage.get("k"), { fault: "closed" });
  await Promise.resolve();
  connection.close();
  await waiting;
  await assert.rejects(storage.list(), { fault: "closed" });
});

Deno.test("an answer that makes no sense is told apart", async () => {
  const { storage } = storageOver(() => "nonsense");
  await assert.rejects(storage.list(), { name: "ConnectionError", fault: "invalid_reply" });
  const odd = storageOver(() => ({ keys: [{ key: 1 }], deletedCount: "1" })).storage;
  await assert.rejects(odd.list(), { fault: "invalid_reply" });
  await assert.rejects(odd.clear(), { fault: "invalid_reply" });
});

Deno.test("undefined is refused before anything is sent", async () => {
  const { storage } = storageOver(() => assert.fail("sent"));
  await assert.rejects(storage.set("k", undefined as unknown as JsonValue), { code: -32602 });
});

Deno.test("storage calls name the host's request they serve, and end with it", async () => {
  const [hostEnd, pluginEnd] = createTransportPair();
  const sent: Record<string, unknown>[] = [];
  hostEnd.receive({ line: (text) => sent.push(JSON.parse(text)), fault() {} });
  let fault: unknown;
  const served = plugin({
    run: (_params, { storage }) => storage.get("k").catch((error) => fault = error.fault),
  }).serve(pluginEnd, () => {});
  hostEnd.send('{"id":"i","method":"initialize"}');
  hostEnd.send('{"id":"r","method":"run"}');
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent.find((message) => "method" in message), {
    jsonrpc: "2.0",
    id: 1,
    method: "storage/get",
    params: { key: "k" },
    parentRequestId: "r",
  });
  hostEnd.send('{"method":"$/cancelRequest","params":{"id":"r"}}');
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(fault, "cancelled");
  hostEnd.end();
  await served;
});
