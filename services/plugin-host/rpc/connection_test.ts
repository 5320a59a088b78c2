import assert from "node:assert/strict";
import fc from "fast-check";
import { LINE_BYTES_MAX } from "@codex/protocol";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { RpcError, TransportError, type TransportErrorKind } from "./errors.ts";
import { FakeClock, settled } from "../testing/fake_clock.ts";
import type { JsonObject } from "./framing.ts";
import { type MemoryTransport, memoryTransportPair } from "./transport.ts";

interface Peer {
  readonly connection: Connection;
  readonly transport: MemoryTransport;
  /** What the connection under test sent, parsed. */
  readonly received: JsonObject[];
  /** Writes one message, or a text as it is, to the connection under test. */
  write(message: object | string): Promise<void>;
}

/** A connection whose other end is played by the test. */
function withPeer(options: ConnectionOptions = {}): Peer {
  const [near, far] = memoryTransportPair();
  const received: JsonObject[] = [];
  far.start({ message: (message) => received.push(message), fault: () => {}, closed: () => {} });
  const connection = new Connection(near, options);
  const encoder = new TextEncoder();
  return {
    connection,
    transport: near,
    received,
    write(message) {
      const text = typeof message === "string" ? message : JSON.stringify(message);
      far.sendBytes(encoder.encode(text + "\n"));
      return settled();
    },
  };
}

function failsAs(kind: TransportErrorKind) {
  return (error: unknown) => error instanceof TransportError && error.kind === kind;
}

Deno.test("calls are numbered from 1 and replies find their call in any order", async () => {
  const peer = withPeer();
  const calls = ["a", "b", "c"].map((method) => peer.connection.call(method, { method }));
  await settled();
  assert.deepEqual(peer.received[0], {
    jsonrpc: "2.0",
    id: 1,
    method: "a",
    params: { method: "a" },
  });
  assert.deepEqual(peer.received.map(({ id }) => id), [1, 2, 3]);
  for (const id of [3, 1, 2]) await peer.write({ id, result: `for ${id}` });
  assert.deepEqual(await Promise.all(calls), ["for 1", "for 2", "for 3"]);
  assert.equal(peer.connection.inFlight, 0);
});

Deno.test("an error reply rejects with its code, message and data", async () => {
  const peer = withPeer();
  const rejected = assert.rejects(peer.connection.call("a", {}), (error) => {
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.code, error.message, error.data], [-32002, "No such series", [1]]);
    return true;
  });
  await peer.write({ id: 1, error: { code: -32002, message: "No such series", data: [1] } });
  await rejected;
});

Deno.test("replies of no call are counted, dropped and no fault", async () => {
  const faults: string[] = [];
  const peer = withPeer({ onFault: (kind) => faults.push(kind) });
  const call = peer.connection.call("a", {});
  for (const id of [null, "1", 99, 0, -1, 1.5, {}, [1], true]) await peer.write({ id, result: 1 });
  await peer.write({ result: 1 });
  await peer.write({ id: null, error: { code: -32601, message: "Unknown notification" } });
  assert.equal(peer.connection.dropped.unknownReplies, 11);
  assert.deepEqual(faults, []);
  assert.equal(peer.connection.inFlight, 1);
  await peer.write({ id: 1, result: "mine" });
  assert.equal(await call, "mine");
});

Deno.test("a call past its deadline fails, is cancelled at the peer and its late reply dropped", async () => {
  const clock = new FakeClock();
  const peer = withPeer({ clock, timeoutMs: 1000 });
  const slow = peer.connection.call("slow", {});
  const slower = peer.connection.call("slower", {}, { timeoutMs: 5000 });
  await settled();
  clock.advance(1000);
  await assert.rejects(slow, failsAs("timeout"));
  await settled();
  assert.deepEqual(peer.received.at(-1), {
    jsonrpc: "2.0",
    method: "$/cancelRequest",
    params: { id: 1 },
  });
  await peer.write({ id: 1, result: "late" });
  assert.equal(peer.connection.dropped.lateReplies, 1);
  clock.advance(3999);
  assert.equal(peer.connection.inFlight, 1);
  clock.advance(1);
  await assert.rejects(slower, failsAs("timeout"));
  assert.equal(clock.timerCount, 0);
});

Deno.test("a shorter deadline that comes later is still met", async () => {
  const clock = new FakeClock();
  const peer = withPeer({ clock });
  const long = peer.connection.call("long", {}, { timeoutMs: 10_000 });
  const short = peer.connection.call("short", {}, { timeoutMs: 10 });
  clock.advance(10);
  await assert.rejects(short, failsAs("timeout"));
  clock.advance(9990);
  await assert.rejects(long, failsAs("timeout"));
});

Deno.test("an aborted caller fails at once and the peer is told", async () => {
  const peer = withPeer();
  const controller = new AbortController();
  const call = peer.connection.call("a", {}, { signal: controller.signal });
  await settled();
  controller.abort();
  await assert.rejects(call, failsAs("cancelled"));
  await settled();
  assert.deepEqual(peer.received.at(-1)?.params, { id: 1 });
  await assert.rejects(
    peer.connection.call("b", {}, { signal: controller.signal }),
    failsAs("cancelled"),
  );
  assert.equal(peer.received.length, 2);
});

Deno.test("a call is refused while the peer's queue is full and takes no number", async () => {
  const peer = withPeer();
  peer.transport.full = true;
  await assert.rejects(peer.connection.call("a", {}), failsAs("queue-full"));
  peer.transport.full = false;
  const call = peer.connection.call("b", {});
  await peer.write({ id: 1, result: "b" });
  assert.equal(await call, "b");
});

Deno.test("closing fails every waiting caller with the cause, and every later call", async () => {
  const clock = new FakeClock();
  const peer = withPeer({ clock });
  const calls = [peer.connection.call("a", {}), peer.connection.call("b", {})];
  const cause = new TransportError("crashed", "Gone", { code: 137, signal: "SIGKILL" });
  peer.connection.close(cause);
  for (const call of calls) await assert.rejects(call, cause);
  await assert.rejects(peer.connection.call("c", {}), cause);
  assert.equal(await peer.connection.closed, cause);
  assert.equal(clock.timerCount, 0);
  await settled();
});

Deno.test("a malformed reply fails its own call as a protocol fault and no other", async () => {
  const faults: string[] = [];
  const peer = withPeer({ onFault: (kind) => faults.push(kind) });
  const bad = peer.connection.call("bad", {});
  const good = peer.connection.call("good", {});
  const rejected = assert.rejects(bad, failsAs("protocol"));
  await peer.write({ id: 1, error: "boom" });
  await rejected;
  await peer.write({ id: 2, result: 2 });
  assert.equal(await good, 2);
  assert.deepEqual(faults, ["malformed-reply"]);
});

Deno.test("a message with a method is a request, even with an id of a waiting call", async () => {
  const peer = withPeer({ onRequest: (method) => Promise.resolve(`served ${method}`) });
  const call = peer.connection.call("a", {});
  await peer.write({ id: 1, method: "storage/get", params: {}, result: "not a reply" });
  assert.deepEqual(peer.received.at(-1), { jsonrpc: "2.0", id: 1, result: "served storage/get" });
  assert.equal(peer.connection.inFlight, 1);
  await peer.write({ id: 1, result: "reply" });
  assert.equal(await call, "reply");
});

Deno.test("an RpcError of a handler crosses the wire, any other error only as -32603", async () => {
  const peer = withPeer({
    onRequest: (method) =>
      Promise.reject(
        method === "known" ? new RpcError(-32602, "Key is too long") : new Error("SQL"),
      ),
  });
  await peer.write({ id: "x", method: "known" });
  await peer.write({ id: "y", method: "other" });
  assert.deepEqual(peer.received, [
    { jsonrpc: "2.0", id: "x", error: { code: -32602, message: "Key is too long" } },
    { jsonrpc: "2.0", id: "y", error: { code: -32603, message: "Internal error" } },
  ]);
});

Deno.test("16 reverse calls run, 256 wait in order, the next is refused with a delay to retry", async () => {
  const releases: (() => void)[] = [];
  const started: unknown[] = [];
  const peer = withPeer({
    onRequest: (_method, params) => {
      started.push(params);
      return new Promise((resolve) => releases.push(() => resolve(params)));
    },
  });
  const lines = Array.from(
    { length: 273 },
    (_, n) => JSON.stringify({ id: n, method: "storage/get", params: n }),
  );
  await peer.write(lines.join("\n"));
  assert.equal(started.length, 16);
  assert.deepEqual(peer.received.map(({ id, error }) => ({ id, error })), [{
    id: 272,
    error: { code: -32001, message: "Too many calls wait", data: { retryAfterSeconds: 1 } },
  }]);
  while (releases.length > 0) {
    releases.shift()?.();
    await settled();
    assert.ok(releases.length <= 16);
  }
  assert.deepEqual(started, Array.from({ length: 272 }, (_, n) => n));
  assert.equal(peer.received.length, 273);
});

Deno.test("closing aborts the handlers that run and sends nothing more", async () => {
  let seen: AbortSignal | undefined;
  let release = () => {};
  const peer = withPeer({
    onRequest: (_method, _params, signal) => {
      seen = signal;
      return new Promise<void>((resolve) => release = resolve);
    },
  });
  await peer.write({ id: 1, method: "storage/get" });
  peer.connection.close();
  assert.equal(seen?.aborted, true);
  release();
  await settled();
  assert.deepEqual(peer.received, []);
});

Deno.test("requests that can't be answered are faults, notifications are dropped", async () => {
  const faults: string[] = [];
  const peer = withPeer({ onFault: (_kind, excerpt) => faults.push(excerpt) });
  await peer.write('{"id":{},"method":"a"}');
  await peer.write('{"id":12345678901234567890,"method":"a"}');
  await peer.write('{"id":1e999,"method":"a"}');
  await peer.write('{"id":1,"method":7}');
  await peer.write('{"method":"log"}');
  assert.equal(faults.length, 4);
  assert.equal(peer.connection.dropped.notifications, 1);
  assert.equal(peer.transport.penalties > 0, true);
});

Deno.test("deeply nested params are refused with -32602 and reach no handler", async () => {
  let served = 0;
  const peer = withPeer({ onRequest: () => Promise.resolve(served++) });
  const deep = "[".repeat(3000) + "]".repeat(3000);
  await peer.write(`{"id":1,"method":"storage/set","params":${deep}}`);
  assert.equal(served, 0);
  assert.deepEqual(Object(peer.received[0]?.error).code, -32602);
});

Deno.test("no message of a hostile peer throws, settles a foreign call or stops the connection", async () => {
  const hostile = fc.dictionary(
    fc.constantFrom("jsonrpc", "id", "method", "params", "result", "error", "__proto__"),
    fc.oneof(fc.jsonValue(), fc.integer({ min: -2, max: 3 }), fc.constantFrom("toString", "x")),
  ).filter((message) =>
    message.id !== 1 || message.method !== undefined && message.method !== null
  );
  await fc.assert(fc.asyncProperty(fc.array(hostile, { maxLength: 10 }), async (messages) => {
    const peer = withPeer();
    const call = peer.connection.call("a", {});
    for (const message of messages) await peer.write(message);
    await peer.write({ id: 1, result: "safe" });
    assert.equal(await call, "safe");
    peer.connection.close();
  }));
});

/** A line of 4 MiB and a little more. */
function oversized(head: string): string {
  return `${head}"${"x".repeat(LINE_BYTES_MAX)}"}`;
}

Deno.test("a caller whose answer is longer than a line may be is told at once, and no other", async () => {
  const faults: string[] = [];
  const peer = withPeer({ onFault: (kind) => faults.push(kind) });
  const calls = [1, 2].map(() => peer.connection.call("a", {}));
  await settled();
  const told = assert.rejects(calls[1]!, /The answer to "a" is longer than 4 MiB/);
  await peer.write(oversized('{"jsonrpc":"2.0","id":2,"result":'));
  await told;
  await peer.write({ id: 1, result: "fine" });
  assert.equal(await calls[0], "fine");
  assert.deepEqual(faults, ["malformed-reply"]);
});

Deno.test("a long object whose id can't be seen is the answer of the only call", async () => {
  const peer = withPeer();
  const call = peer.connection.call("a", {});
  await settled();
  const told = assert.rejects(call, failsAs("protocol"));
  await peer.write(oversized('{"result":'));
  await told;
});

Deno.test("a caller whose answer holds too many values is told at once", async () => {
  const peer = withPeer();
  const call = peer.connection.call("a", {});
  await settled();
  const told = assert.rejects(call, /The answer to "a" holds more than \d+ values and fields/);
  await peer.write(`{"jsonrpc":"2.0","id":1,"result":[${"{},".repeat(1_000_000)}0]}`);
  await told;
});

Deno.test("a long line of garbage or of a call is nobody's answer", async () => {
  const faults: string[] = [];
  const peer = withPeer({ onFault: (kind) => faults.push(kind) });
  const call = peer.connection.call("a", {});
  await settled();
  peer.received.length = 0;
  await peer.write("x".repeat(LINE_BYTES_MAX + 1));
  await peer.write(oversized('{"jsonrpc":"2.0","id":-1,"result":'));
  await peer.write(oversized('{"jsonrpc":"2.0","id":1,"method":"storage/set","params":'));
  assert.deepEqual(peer.received.map(({ id, error }) => [id, Object(error).code]), [[1, -32600]]);
  await peer.write({ id: 1, result: "fine" });
  assert.equal(await call, "fine");
  assert.deepEqual(faults, ["line-too-long", "line-too-long", "line-too-long"]);
});

Deno.test("a call with a number that can't be kept is refused, and served without it", async () => {
  const served: unknown[] = [];
  const peer = withPeer({
    onRequest: (_method, params) => {
      served.push(params);
      return Promise.resolve("kept");
    },
  });
  const set = (data: string) =>
    peer.write(
      `{"id":"s","method":"storage/set","params":{"key":"k","data":${data}},"more":1e400}`,
    );
  for (const number of ["1e400", "-1e400", "1e-400", "9007199254740993", "9".repeat(400)]) {
    await set(`{"a":[1,${number}]}`);
    const { error } = peer.received.at(-1) as { error: { code: number; message: string } };
    assert.equal(error.code, -32602);
    assert.match(error.message, /^\/data\/a\/1: The number .+ can't be kept exactly: send it as a/);
  }
  assert.deepEqual(served, []);
  await set('{"a":[1,1e300,9007199254740992,"1e400"]}');
  assert.deepEqual(peer.received.at(-1)?.result, "kept");
  assert.deepEqual(served, [{ key: "k", data: { a: [1, 1e300, 9007199254740992, "1e400"] } }]);
});

Deno.test("numbers of a result that can't be kept come as no number, the rest as it is", async () => {
  const peer = withPeer();
  const call = peer.connection.call("a", {});
  await settled();
  await peer.write('{"id":1,"result":{"a":9007199254740993,"b":"9007199254740993","c":12}}');
  assert.deepEqual(await call, { a: Infinity, b: "9007199254740993", c: 12 });
});
