/** What a plugin may use and how long it may be silent, with real processes. */
import assert from "node:assert/strict";
import { requireTool } from "../../../infra/test/tools.ts";
import { TransportError } from "../rpc/errors.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type TestHost, withSandboxedHost, withTestHost } from "../testing/test_host.ts";
import type { PluginProcess } from "./plugin_process.ts";
import { listPageTables, listProcesses, listShares } from "./process_table.ts";
import type { StartRequest } from "./starter.ts";
import { Watchdog } from "./watchdog.ts";

const LIMIT = 160 * 1024 * 1024;

function watch(host: TestHost): Watchdog {
  return new Watchdog({
    running: () => host.starter.running(),
    listProcesses,
    listShares,
    listPageTables,
  });
}

/** A plugin that holds a little is left alone, one that holds a lot is ended while a call waits. */
async function assertMemoryHeld(host: TestHost, request: StartRequest): Promise<void> {
  const watchdog = watch(host);
  const process = await host.start({ ...request, memoryBytesMax: LIMIT });
  await process.call("hold", { mib: 10 });
  await watchdog.look();
  assert.equal(await process.call("ping", {}), "pong");
  const call = assert.rejects(process.call("hang", {}), (error) => {
    assert.ok(error instanceof TransportError);
    assert.equal(error.kind, "crashed");
    assert.match(error.message, /held \d+ MiB of memory, and its limit is 160 MiB$/);
    return true;
  });
  await process.call("hold", { mib: 200 });
  await watchdog.look();
  await call;
  const { wasAsked, reason } = await process.exited;
  assert.equal(wasAsked, false);
  assert.match(reason ?? "", /MiB of memory/);
  assert.match(host.log.at(-1) ?? "", /^The plugin was ended: it held/);
  assert.equal(host.starter.running().size, 0);
}

Deno.test("a plugin that fills memory in buffers is ended with the reason", async () => {
  await withTestHost((host) => assertMemoryHeld(host, host.node()));
});

Deno.test({
  name: "a plugin that fills memory in a sandbox is ended with the reason",
  ignore: requireTool("bwrap") === "skip",
  fn: () => withSandboxedHost((host) => assertMemoryHeld(host, host.sandboxed(host.node()))),
});

/** Four forks of a process with 50 MiB, which they only read. */
const FORKS = `exec /usr/bin/python3 -c '
import os, time
kept = bytearray(b"x") * (50 * 1024 * 1024)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(60)
print(len(kept), flush=True)
os.close(1)
time.sleep(60)
'`;

/** What forks share is counted once: 290 MiB in sum, and little more than 100 in truth. */
async function assertForksAreFine(host: TestHost, request: StartRequest): Promise<void> {
  const process = await host.start({ ...request, memoryBytesMax: LIMIT });
  await process.call("background", { command: FORKS });
  await watch(host).look();
  assert.equal(await process.call("ping", {}), "pong");
}

// An older `ps` can't tell.
const canTellShares = (await listShares([Deno.pid])).size > 0;

Deno.test({
  name: "forks that share their memory hold it once",
  ignore: !canTellShares,
  fn: () => withTestHost((host) => assertForksAreFine(host, host.node())),
});

Deno.test({
  name: "forks that share their memory hold it once in a sandbox too",
  ignore: !canTellShares || requireTool("bwrap") === "skip",
  fn: () => withSandboxedHost((host) => assertForksAreFine(host, host.sandboxed(host.node()))),
});

Deno.test("memory that a plugin fills before it answers initialize counts too", async () => {
  await withTestHost(async (host) => {
    const starting = host.start({
      ...host.node({ HANG_INITIALIZE: "1" }),
      memoryBytesMax: 1024 * 1024,
    });
    let isOver = false;
    const failed = assert.rejects(starting, /its limit is 1 MiB/).finally(() => isOver = true);
    const watchdog = watch(host);
    // It holds less while its program is only being loaded.
    while (!isOver) {
      await watchdog.look();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await failed;
  });
});

/** A scripted process on a clock that stands still. */
async function withClock(
  body: (process: PluginProcess, clock: FakeClock) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  await withTestHost(async (host) => {
    const clock = new FakeClock();
    await body(await host.start(host.node(env), clock), clock);
  });
}

const isTimeout = (error: unknown) => error instanceof TransportError && error.kind === "timeout";

Deno.test("a plugin that misses a deadline and a ping hangs, and is ended", async () => {
  await withClock(async (process, clock) => {
    const call = assert.rejects(
      process.call("block", { ms: 60_000 }, { timeoutMs: 1000 }),
      isTimeout,
    );
    const other = assert.rejects(process.call("later", { ms: 1 }), /it hangs, after "block"/);
    await clock.tick(1000);
    await call;
    await clock.tick(4999);
    assert.equal(process.isClosing, false);
    await clock.tick(1);
    await other;
    const end = await process.exited;
    assert.deepEqual([end.wasAsked, end.wasTold], [false, true]);
  });
});

Deno.test("a plugin that misses a deadline and answers a ping is busy, and goes on", async () => {
  await withClock(async (process, clock) => {
    const call = assert.rejects(process.call("hang", {}, { timeoutMs: 1000 }), isTimeout);
    await clock.tick(1000);
    await call;
    // The pong is behind this answer, so it has come by then.
    assert.deepEqual(await process.call("echo", {}), {});
    await clock.tick(10_000);
    assert.equal(await process.call("ping", {}), "pong");
  });
});

Deno.test("a plugin that works one by one is not taken as hung while it answers late", async () => {
  await withClock(async (process, clock) => {
    const options = { timeoutMs: 10_000 };
    const first = process.call("block", { ms: 1 }, options);
    const others = [1500, 1].map((ms) => process.call("block", { ms }, options));
    const missed = Promise.all(others.map((other) => assert.rejects(other, isTimeout)));
    await clock.tick(9000);
    await first;
    await clock.tick(1000);
    await missed;
    // The ping waits behind the calls that were given up.
    await clock.tick(5000);
    assert.equal(process.isClosing, false);
    assert.deepEqual(await process.call("echo", {}, options), {});
  }, { ONE_BY_ONE: "1" });
});

Deno.test("a plugin that stopped reading gets a second chance, then it is ended", async () => {
  await withClock(async (process, clock) => {
    await process.call("stopReading", {});
    const text = "x".repeat(4 * 1024 * 1024);
    const calls = [0, 1].map(() =>
      assert.rejects(process.call("echo", { text }, { timeoutMs: 1000 }), TransportError)
    );
    await clock.tick(1000);
    await Promise.all(calls);
    for (let step = 0; step < 3; step++) await clock.tick(5000);
    assert.match((await process.exited).reason ?? "", /it hangs/);
  });
});
