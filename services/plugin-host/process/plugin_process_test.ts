import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { assertFastEnough } from "../testing/fast_enough.ts";
import { withTestHost } from "../testing/test_host.ts";
import { waitUntil } from "../testing/wait_until.ts";

/** A signal is delivered, not carried out. */
async function goes(pid: number): Promise<void> {
  await waitUntil(async () => !await isAlive(pid), `process ${pid} is gone`);
}

/** Zombies, which nobody reaps where the container has no init, are dead. */
async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await runProgram({
    command: "ps",
    args: ["-o", "stat=", "-p", `${pid}`],
    timeoutMs: 60_000,
  });
  const state = stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

Deno.test("a plugin is initialized with its private folder and answers calls", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    assert.equal(Reflect.get(Object(process.initializeResult), "name"), "scripted");
    const params = Object(await process.call("initialized", {}));
    assert.equal(params.dataDir, join(host.root, "data", "plugin", "system"));
    assert.ok((await Deno.stat(params.dataDir)).isDirectory);
    assert.equal(await process.call("ping", {}), "pong");
  });
});

Deno.test("the environment is the host's own and what was configured, less what is refused", async () => {
  await withTestHost(async (host) => {
    const request = host.node({ API_KEY: "k", LD_PRELOAD: "/x.so", NODE_OPTIONS: "--inspect" });
    const process = await host.start(request);
    const environment = Object(await process.call("environment", {}));
    const data = join(host.root, "data", "plugin", "system");
    assert.deepEqual({ ...environment }, {
      API_KEY: "k",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: `${data}/home`,
      TMPDIR: `${data}/tmp`,
      LANG: "C.UTF-8",
    });
  });
});

Deno.test("a stored value can be read while initialize is still unanswered", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node({ STORED_STATE: "1" }));
    const params = Object(await process.call("initialized", {}));
    assert.deepEqual(params.stored, { served: "storage/get" });
  });
});

Deno.test("a plugin that never answers initialize is ended at the deadline", async () => {
  await withTestHost(async (host) => {
    const request = { ...host.node({ HANG_INITIALIZE: "1" }), timeoutMs: 300 };
    await assert.rejects(
      host.start(request),
      (error) => error instanceof TransportError && error.kind === "timeout",
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(host.root, "run"))), []);
  });
});

Deno.test("a start that is no longer wanted is ended at once", async () => {
  await withTestHost(async (host) => {
    const controller = new AbortController();
    const starting = host.starter.start(host.node({ HANG_INITIALIZE: "1" }), controller.signal);
    setTimeout(() => controller.abort(), 200);
    await assert.rejects(starting, TransportError);
  });
});

Deno.test("a program that can't be started, or ends at once, is told as such", async () => {
  await withTestHost(async (host) => {
    const missing = { runtime: "other", path: "/nonexistent/program", args: [] } as const;
    await assert.rejects(host.start({ ...host.node(), target: missing }), TransportError);
    const ending = { runtime: "other", path: "/bin/false", args: [] } as const;
    await assert.rejects(host.start({ ...host.node(), target: ending }), (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.kind, error.exit?.code], ["crashed", 1]);
      return true;
    });
  });
});

Deno.test("kill -9 in the middle of a call fails it within a second", async () => {
  await withTestHost(async (host) => {
    await assertFastEnough(1000, async () => {
      const process = await host.start(host.node());
      const call = process.call("hang", {});
      const before = performance.now();
      Deno.kill(process.pid, "SIGKILL");
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof TransportError);
        assert.deepEqual([error.kind, error.exit?.signal], ["crashed", "SIGKILL"]);
        return true;
      });
      const tookMs = performance.now() - before;
      assert.equal((await process.exited).wasAsked, false);
      return tookMs;
    });
  });
});

Deno.test("close ends a well-behaved plugin by shutdown and removes its fresh folder", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    await process.close();
    const { exit, wasAsked } = await process.exited;
    assert.deepEqual([exit.code, exit.signal, wasAsked], [0, null, true]);
    await assert.rejects(process.call("ping", {}), TransportError);
  });
});

Deno.test("a plugin that ignores shutdown, the end of stdin and SIGTERM is ended by SIGKILL", async () => {
  await withTestHost(async (host) => {
    const clock = new FakeClock();
    const request = host.node({ IGNORE_SHUTDOWN: "1", GRUMBLE: "1" });
    const process = await host.start(request, clock);
    const closed = process.close();
    await host.logged("no more input");
    await clock.tick(1999);
    assert.ok(!host.log.includes("asked to end"));
    await clock.tick(1);
    await host.logged("asked to end");
    await clock.tick(1999);
    assert.ok(await isAlive(process.pid));
    await clock.tick(1);
    await closed;
    assert.equal((await process.exited).exit.signal, "SIGKILL");
  });
});

Deno.test("the whole group ends with the process", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    const grandchild = Number(await process.call("fork", {}));
    assert.ok(await isAlive(grandchild));
    await process.kill("Enough");
    await goes(grandchild);
    const crashing = await host.start(host.node());
    const orphan = Number(await crashing.call("fork", {}));
    await assert.rejects(crashing.call("crash", {}), TransportError);
    await crashing.exited;
    await goes(orphan);
  });
});

Deno.test("a plugin that closes a pipe but lives on is ended", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    await assert.rejects(process.call("closeStdout", {}), TransportError);
    await process.exited;
    await goes(process.pid);
  });
});

Deno.test("stderr is kept as lines", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node({ GRUMBLE: "1" }));
    await process.call("grumble", { text: "one\ntwo\n" });
    await process.close();
    assert.deepEqual(host.log, ["starting up", "one", "two"]);
  });
});

Deno.test("calls in flight fail with the reason when the host ends the process", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    const call = assert.rejects(process.call("hang", {}), (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.kind, error.message], ["closed", "The plugin was disabled"]);
      return true;
    });
    await process.kill("The plugin was disabled");
    await call;
  });
});

Deno.test("a plugin's own error is an RpcError and harms nothing", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(host.node());
    await assert.rejects(
      process.call("no/such", {}),
      (error) => error instanceof RpcError && error.code === -32601,
    );
    assert.equal(await process.call("ping", {}), "pong");
  });
});
