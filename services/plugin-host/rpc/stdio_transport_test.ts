import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FakeClock, settled } from "../testing/fake_clock.ts";
import { assertFastEnough } from "../testing/fast_enough.ts";
import { Connection } from "./connection.ts";
import { TransportError, type TransportErrorKind } from "./errors.ts";
import { StdioTransport } from "./stdio_transport.ts";

interface Started {
  readonly connection: Connection;
  readonly child: Deno.ChildProcess;
  readonly faults: string[];
}

/** Runs `body` against a real Node child and leaves no process behind. */
async function withChild(
  body: (started: Started) => Promise<void>,
  options: { queueBytesMax?: number; env?: Record<string, string> } = {},
): Promise<void> {
  const child = new Deno.Command("node", {
    args: [fileURLToPath(new URL("../testdata/node/plugin.mjs", import.meta.url))],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: options.env ?? {},
  }).spawn();
  const { stdin, stdout, status } = child;
  const transport = new StdioTransport({ stdin, stdout, exited: status }, options);
  const faults: string[] = [];
  const connection = new Connection(transport, { onFault: (kind) => faults.push(kind) });
  try {
    await body({ connection, child, faults });
  } finally {
    connection.close();
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await status;
  }
}

function failsAs(kind: TransportErrorKind) {
  return (error: unknown) => error instanceof TransportError && error.kind === kind;
}

Deno.test("a thousand concurrent calls and a 1 MiB value come back whole", async () => {
  await withChild(async ({ connection }) => {
    const calls = Array.from({ length: 1000 }, (_, n) => connection.call("echo", { n }));
    assert.deepEqual(await Promise.all(calls), calls.map((_, n) => ({ n })));
    const data = '"\\\n巨'.repeat(1024 * 1024 / 6);
    assert.deepEqual(await connection.call("echo", { data }), { data });
  });
});

Deno.test("kill -9 in the middle of a call fails it within a second and names the signal", async () => {
  await assertFastEnough(1000, async () => {
    let tookMs = Infinity;
    await withChild(async ({ connection, child }) => {
      assert.equal(await connection.call("ping", {}), "pong");
      const call = connection.call("hang", {});
      const before = performance.now();
      child.kill("SIGKILL");
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof TransportError);
        assert.equal(error.kind, "crashed");
        assert.equal(error.exit?.signal, "SIGKILL");
        return true;
      });
      tookMs = performance.now() - before;
    });
    return tookMs;
  });
});

Deno.test("an exit is told with its code, even if a grandchild keeps the pipes open", async () => {
  await withChild(async ({ connection }) => {
    const grandchild = await connection.call("fork", {});
    await assert.rejects(connection.call("exit", { code: 3 }), (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.kind, error.exit?.code], ["crashed", 3]);
      return true;
    });
    Deno.kill(Number(grandchild), "SIGKILL");
  });
});

Deno.test("what a child wrote before it ended is read by a host that was held up meanwhile", async () => {
  const clock = new FakeClock();
  let pipe: ReadableByteStreamController | undefined;
  const stdout = new ReadableStream({
    type: "bytes",
    start: (controller) => void (pipe = controller),
  });
  const exited = Promise.resolve({ code: 0, signal: null });
  const transport = new StdioTransport({ stdin: new WritableStream(), stdout, exited }, { clock });
  const seen: unknown[] = [];
  transport.start({
    message: (message) => seen.push(message),
    fault: () => {},
    closed: ({ kind }) => seen.push(kind),
  });
  for (const part of ['{"id":1,', '"result":2}']) {
    await settled();
    // Far more than it waits, but nothing was read in that time.
    await clock.tick(10_000);
    pipe?.enqueue(new TextEncoder().encode(part));
    await settled();
  }
  pipe?.close();
  // As such a stream ends for a reader that waits.
  pipe?.byobRequest?.respond(0);
  await settled();
  assert.deepEqual(seen, [{ id: 1, result: 2 }, "crashed"]);
  assert.equal(clock.timerCount, 0);
});

Deno.test("a child that closes its stdout but lives on closes the connection", async () => {
  await withChild(async ({ connection }) => {
    await assert.rejects(connection.call("closeStdout", {}), failsAs("closed"));
  });
});

Deno.test("a closed stdin fails calls without an unhandled rejection", async () => {
  await withChild(async ({ connection }) => {
    await connection.call("closeStdin", {});
    await assert.rejects(connection.call("echo", { x: "x".repeat(1 << 20) }), TransportError);
    await assert.rejects(connection.call("echo", {}), TransportError);
  });
});

Deno.test("a plugin that stops reading gets its calls refused once the queue is full", async () => {
  await withChild(async ({ connection }) => {
    await connection.call("stopReading", {});
    const big = { x: "x".repeat(64 * 1024) };
    const calls = Array.from(
      { length: 40 },
      () => connection.call("echo", big, { timeoutMs: 500 }),
    );
    const outcomes = await Promise.allSettled(calls);
    const kinds = outcomes.map((o) => o.status === "rejected" && o.reason.kind);
    assert.ok(kinds.includes("queue-full"));
    assert.ok(kinds.every((kind) => kind === "queue-full" || kind === "timeout"));
  }, { queueBytesMax: 256 * 1024 });
});

Deno.test("garbage on stdout is counted and the replies around it arrive", async () => {
  await withChild(async ({ connection, faults }) => {
    await connection.call("print", { text: "hello world\n[1]\n\n" });
    assert.deepEqual(await connection.call("echo", { n: 1 }), { n: 1 });
    assert.deepEqual(faults, ["not-json", "not-an-object"]);
  });
});

Deno.test("a flood of junk is slowed down to a trickle", async () => {
  await withChild(async ({ connection, faults }) => {
    const flood = connection.call("flood", { line: "junk\n" }, { timeoutMs: 1500 });
    await assert.rejects(flood, failsAs("timeout"));
    // One 64 KiB read may hold 13,000 lines; at full speed there would be millions.
    assert.ok(faults.length < 50_000, `${faults.length} lines were read`);
  });
});

Deno.test("lines that are slow to read get a tenth of the host's time", async () => {
  const clock = new FakeClock();
  const line = new TextEncoder().encode("{}\n");
  let written = 0;
  const stdout = new ReadableStream({
    type: "bytes",
    pull: (to) => written++ < 1000 ? to.enqueue(line.slice()) : to.close(),
  });
  const never = new Promise<never>(() => {});
  const transport = new StdioTransport({ stdin: new WritableStream(), stdout, exited: never }, {
    clock,
  });
  let lines = 0;
  const message = () => {
    lines++;
    clock.advance(100);
  };
  transport.start({ message, fault: () => {}, closed: () => {} });
  await settled();
  const burst = lines;
  assert.ok(burst >= 2 && burst <= 4, `${burst} lines`);
  // Each of 100 ms is paid for in a second.
  for (let second = 0; second < 10; second++) await clock.tick(1000);
  assert.ok(lines - burst >= 9 && lines - burst <= 14, `${lines - burst} lines in ten seconds`);
  transport.close(new TransportError("closed", "The test is over"));
});

Deno.test("a flood of blank lines leaves the host free for other work", async () => {
  await withChild(async ({ connection }) => {
    const flood = connection.call("flood", { line: "\n" }, { timeoutMs: 60_000 });
    const rejected = assert.rejects(flood, failsAs("closed"));
    const seenMs = 1500;
    // Hundreds on a machine with nothing else to do; next to none if the flood had the host to itself.
    const turnsMin = 10;
    await assertFastEnough(seenMs / turnsMin, async () => {
      let turns = 0;
      const counting = setInterval(() => turns++, 5);
      await new Promise((resolve) => setTimeout(resolve, seenMs));
      clearInterval(counting);
      return seenMs / turns;
    }, "A turn of the event loop");
    connection.close();
    await rejected;
  });
});

Deno.test("endWriting lets the child finish by itself", async () => {
  await withChild(async ({ connection }) => {
    await connection.call("ping", {});
    await connection.endWriting();
    const cause = await connection.closed;
    assert.deepEqual([cause.kind, cause.exit?.code], ["crashed", 0]);
    await assert.rejects(connection.call("ping", {}), TransportError);
  });
});
