import assert from "node:assert/strict";
import { type CallScope, Client } from "./client.ts";
import { readSettings } from "./settings.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { type FakeOpenLibrary, startFakeOpenLibrary } from "./testing/fake_server.ts";

/** A call of the host with all its time before it. */
const scope: CallScope = { signal: new AbortController().signal, timeLeftMs: () => 30_000 };
const record = "/works/OL900101W.json";

interface Scene {
  readonly server: FakeOpenLibrary;
  readonly clock: FakeClock;
  client(config?: { contact?: string }): Client;
}

async function withServer(test: (scene: Scene) => Promise<void>): Promise<void> {
  const server = startFakeOpenLibrary();
  const clock = new FakeClock();
  const client = (config = {}) =>
    new Client(readSettings({ ...config, baseUrl: server.url, requestsPerSecond: 100 }), {
      fetch,
      clock,
    });
  try {
    await test({ server, clock, client });
  } finally {
    await server.stop();
  }
}

Deno.test("found, missing and redirected are told apart", () =>
  withServer(async ({ client, clock }) => {
    const paths = [record, "/works/OL999999W.json", "/isbn/9780000000002.json"];
    const replies = paths.map((path) => client().get(path, scope));
    await clock.advance(100);
    assert.deepEqual((await Promise.all(replies)).map(({ kind }) => kind), [
      "found",
      "missing",
      "missing",
    ]);
    assert.deepEqual(await client().get("/isbn/0618260307.json", scope), {
      kind: "redirected",
      location: "/books/OL900201M.json",
    });
  }));

Deno.test("the User-Agent names the program, and the contact once there is one", () =>
  withServer(async ({ server, client }) => {
    await client().get(record, scope);
    await client({ contact: "me@example.org" }).get(record, scope);
    assert.deepEqual(server.userAgents, [
      "Codex-OpenLibrary/0.1.0",
      "Codex-OpenLibrary/0.1.0 (me@example.org)",
    ]);
  }));

Deno.test("an answer is asked for once, an error every time", () =>
  withServer(async ({ server, client, clock }) => {
    const asked = client();
    for (const path of [record, record, "/works/OL999999W.json", "/works/OL999999W.json"]) {
      await clock.advance(10);
      await asked.get(path, scope);
    }
    assert.equal(server.requests.length, 2);
    server.faults.serverErrors = 2;
    for (let count = 0; count < 2; count++) {
      await clock.advance(10);
      await assert.rejects(asked.get("/authors/OL900001A.json", scope), { code: -32004 });
    }
    assert.equal(server.requests.length, 4);
  }));

Deno.test("429 without Retry-After stops all requests, twice as long each time", () =>
  withServer(async ({ server, client, clock }) => {
    const hasty: CallScope = { ...scope, timeLeftMs: () => 14_000 };
    server.faults.tooManyRequests = 2;
    const asked = client();
    await assert.rejects(asked.get(record, hasty), { code: -32001, retryAfterSeconds: 10 });
    await assert.rejects(asked.get("/authors/OL900001A.json", hasty), { retryAfterSeconds: 10 });
    assert.equal(server.requests.length, 1);
    await clock.advance(10_000);
    await assert.rejects(asked.get(record, hasty), { retryAfterSeconds: 20 });
    await clock.advance(20_000);
    assert.equal((await asked.get(record, hasty)).kind, "found");
    await clock.advance(10);
    server.faults.tooManyRequests = 1;
    await assert.rejects(asked.get("/works/OL900102W.json", hasty), { retryAfterSeconds: 10 });
  }));

Deno.test("a pause is waited for inside the call, if 5 s are left after it", () =>
  withServer(async ({ server, client, clock }) => {
    for (const [timeLeftMs, waits] of [[14_999, false], [15_000, true]] as const) {
      server.faults.tooManyRequests = 1;
      const before = server.requests.length;
      const reply = client().get(record, { ...scope, timeLeftMs: () => timeLeftMs });
      if (!waits) await assert.rejects(reply, { code: -32001, retryAfterSeconds: 10 });
      while (waits && server.requests.length < before + 2) await clock.advance(100);
      if (waits) assert.equal((await reply).kind, "found");
    }
  }));

Deno.test("Retry-After is honoured where it comes", () =>
  withServer(async ({ server, client, clock }) => {
    server.faults.tooManyRequests = 1;
    server.faults.retryAfterSeconds = 3;
    const reply = client().get(record, scope);
    while (server.requests.length === 0) await clock.advance(0);
    await clock.advance(2_999);
    assert.equal(server.requests.length, 1);
    while (server.requests.length === 1) await clock.advance(1);
    assert.equal((await reply).kind, "found");
    server.faults.tooManyRequests = 1;
    server.faults.retryAfterSeconds = 600;
    await clock.advance(10);
    await assert.rejects(client().get(record, scope), { code: -32001, retryAfterSeconds: 600 });
  }));

Deno.test("requests keep their distance, and one whose turn comes too late isn't sent", () =>
  withServer(async ({ server, clock }) => {
    const settings = readSettings({ baseUrl: server.url, requestsPerSecond: 1 });
    const slow = new Client(settings, { fetch, clock });
    const first = slow.get(record, scope);
    const second = slow.get("/works/OL900102W.json", scope);
    const hasty = { ...scope, timeLeftMs: () => 6_500 };
    await assert.rejects(slow.get("/works/OL900103W.json", hasty), { retryAfterSeconds: 2 });
    await first;
    await clock.advance(999);
    assert.equal(server.requests.length, 1);
    while (server.requests.length < 2) await clock.advance(1);
    await second;
  }));

Deno.test("403 asks for a contact, or says that this server is refused", () =>
  withServer(async ({ server, client }) => {
    server.faults.requireContact = true;
    await assert.rejects(client().get(record, scope), { code: -32005, message: /"contact"/ });
    const identified = client({ contact: "me@example.org" });
    assert.equal((await identified.get(record, scope)).kind, "found");
    const refusing = () => Promise.resolve(new Response("", { status: 403 }));
    const settings = readSettings({ baseUrl: server.url, contact: "me@example.org" });
    const refused = new Client(settings, { fetch: refusing, clock: new FakeClock() });
    await assert.rejects(refused.get(record, scope), { code: -32004, data: { status: 403 } });
  }));

Deno.test("server errors, HTML and endless bodies are failures of the service", () =>
  withServer(async ({ server, client }) => {
    server.faults.serverErrors = 1;
    await assert.rejects(client().get(record, scope), { code: -32004, data: { status: 500 } });
    server.faults.garbage = 1;
    await assert.rejects(client().get(record, scope), { code: -32004, message: /not JSON/ });
    server.faults.endlessBodies = 1;
    await assert.rejects(client().get(record, scope), { code: -32004, message: /more than/ });
  }));

Deno.test("a server that doesn't answer is given up before the host gives the call up", () =>
  withServer(async ({ server, client, clock }) => {
    let release = () => {};
    server.faults.hold = new Promise((resolve) => release = resolve);
    for (const [timeLeftMs, timeoutMs] of [[30_000, 12_000], [8_000, 6_000]] as const) {
      const before = server.requests.length;
      const slow = client().get(record, { ...scope, timeLeftMs: () => timeLeftMs });
      const rejected = assert.rejects(slow, { code: -32004, message: /in time/ });
      while (server.requests.length === before) await clock.advance(0);
      await clock.advance(timeoutMs);
      await rejected;
    }
    const givenUp = new AbortController();
    const call = client().get(record, { ...scope, signal: givenUp.signal });
    const rejected = assert.rejects(call, { message: "gone" });
    givenUp.abort(new Error("gone"));
    await rejected;
    release();
  }));

Deno.test("an unreachable host is a failure of the service, one not granted a setting to make", async () => {
  const settings = readSettings({ baseUrl: "http://127.0.0.1:9" });
  const unreachable = new Client(settings, { fetch, clock: new FakeClock() });
  await assert.rejects(unreachable.get(record, scope), {
    code: -32004,
    message: /can't be reached/,
  });
  const denied = () => {
    const error = new Error("Requires net access");
    error.name = "NotCapable";
    return Promise.reject(error);
  };
  const confined = new Client(settings, { fetch: denied, clock: new FakeClock() });
  await assert.rejects(confined.get(record, scope), { code: -32005, message: /not granted/ });
});
