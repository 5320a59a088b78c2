import assert from "node:assert/strict";
import { FakeClock, settled } from "../testing/fake_clock.ts";
import { AbandonedError, TransportError } from "../rpc/errors.ts";
import type { PluginProcess, ProcessEnd } from "./plugin_process.ts";
import { type PoolOptions, ProcessPool } from "./pool.ts";
import { PoolError } from "./pool_error.ts";
import type { ProcessSpec } from "./process_spec.ts";
import { type TestHost, withTestHost } from "../testing/test_host.ts";

interface Scene {
  readonly pool: ProcessPool;
  readonly clock: FakeClock;
  readonly crashes: ProcessEnd[];
  /** How many processes were started so far. */
  started(): number;
  /** A spec for the scripted Node plugin, which declares to take many calls at once. */
  spec(name: string, environment?: Record<string, string>, revision?: string): ProcessSpec;
}

/** A pool on a clock that stands still, over real processes. */
async function withPool(
  body: (scene: Scene, host: TestHost) => Promise<void>,
  options: Partial<PoolOptions<ProcessSpec>> = {},
): Promise<void> {
  await withTestHost(async (host) => {
    const clock = new FakeClock();
    const crashes: ProcessEnd[] = [];
    let started = 0;
    const pool = new ProcessPool({
      processesMax: 10,
      idleMs: 60_000,
      onCrash: (_spec, end) => crashes.push(end),
      clock,
      ...options,
    });
    const spec: Scene["spec"] = (name, environment = {}, revision = "1") => ({
      key: name,
      pluginId: name,
      revision,
      async start(signal) {
        started++;
        const request = { ...host.node(environment), dataPath: [name] };
        const process = await host.starter.start(request, signal);
        process.callsMax = 100;
        return process;
      },
    });
    try {
      await body({ pool, clock, crashes, started: () => started, spec }, host);
    } finally {
      await pool.stop(() => true, "The test ended");
      await pool.close();
    }
  });
}

const pidOf = async (process: PluginProcess) => Number(await process.call("pid", {}));

const isCancelled = (error: unknown) =>
  error instanceof TransportError && error.kind === "cancelled";

function isPoolError(kind: PoolError["kind"]) {
  return (error: unknown) => error instanceof PoolError && error.kind === kind;
}

Deno.test("callers that come together share one start and one process", async () => {
  await withPool(async ({ pool, spec, started }) => {
    const pids = await Promise.all(
      Array.from({ length: 20 }, () => pool.use(spec("a"), pidOf)),
    );
    assert.equal(new Set(pids).size, 1);
    assert.equal(started(), 1);
    assert.equal(pool.stateOf("a"), "running");
    assert.equal(pool.stateOf("b"), "stopped");
  });
});

Deno.test("a hung initialize of one plugin delays no other", async () => {
  await withPool(async ({ pool, spec }) => {
    const hung = pool.use(spec("hung", { HANG_INITIALIZE: "1" }), pidOf);
    const rejected = assert.rejects(hung, TransportError);
    assert.equal(pool.stateOf("hung"), "starting");
    assert.ok(await pool.use(spec("fine"), pidOf) > 0);
    await pool.stop(({ pluginId }) => pluginId === "hung", "The plugin was disabled");
    await rejected;
  });
});

Deno.test("kill -9 in the middle of a call fails it and the next call starts afresh", async () => {
  await withPool(async ({ pool, spec, crashes, started }) => {
    const pid = await pool.use(spec("a"), pidOf);
    const call = pool.use(spec("a"), (process) => process.call("hang", {}));
    const rejected = assert.rejects(
      call,
      (error) => error instanceof TransportError && error.kind === "crashed",
    );
    await settled();
    Deno.kill(pid, "SIGKILL");
    await rejected;
    assert.notEqual(await pool.use(spec("a"), pidOf), pid);
    assert.equal(started(), 2);
    assert.deepEqual(crashes, []);
  });
});

Deno.test("a crash of an idle process is told, since no caller saw it", async () => {
  await withPool(async ({ pool, spec, crashes }) => {
    let process: PluginProcess | undefined;
    await pool.use(spec("a"), (it) => {
      process = it;
      return it.call("ping", {});
    });
    Deno.kill(process?.pid ?? 0, "SIGKILL");
    await process?.exited;
    await settled();
    assert.deepEqual(crashes.map(({ exit }) => exit.signal), ["SIGKILL"]);
    assert.ok(await pool.use(spec("a"), pidOf) > 0);
  });
});

Deno.test("crashes without success between wait 1 s, 2 s, 4 s before the next start", async () => {
  await withPool(async ({ pool, spec, clock, started }) => {
    const crash = () => pool.use(spec("a"), (process) => process.call("crash", {}));
    await assert.rejects(crash, TransportError);
    for (const seconds of [1, 2, 4]) {
      await assert.rejects(crash, TransportError);
      await settled();
      await assert.rejects(crash, (error) => {
        assert.ok(error instanceof PoolError);
        assert.deepEqual([error.kind, error.retryAfterSeconds], ["backing-off", seconds]);
        return true;
      });
      assert.equal(pool.stateOf("a"), "backing_off");
      clock.advance(seconds * 1000);
    }
    const before = started();
    assert.ok(await pool.use(spec("a"), pidOf) > 0);
    assert.equal(started(), before + 1);
    await assert.rejects(crash, TransportError);
    assert.ok(await pool.use(spec("a"), pidOf) > 0);
  });
});

Deno.test("a changed plugin is tried at once, whatever its crashes before", async () => {
  await withPool(async ({ pool, spec }) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(pool.use(spec("a"), (it) => it.call("crash", {})), TransportError);
      await settled();
    }
    await assert.rejects(pool.use(spec("a"), pidOf), isPoolError("backing-off"));
    assert.ok(await pool.use(spec("a", {}, "2"), pidOf) > 0);
  });
});

Deno.test("a plugin that is forgiven is tried at once, and is no longer said to wait", async () => {
  await withPool(async ({ pool, spec }) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(pool.use(spec("a"), (it) => it.call("crash", {})), TransportError);
      await settled();
    }
    await assert.rejects(pool.use(spec("a"), pidOf), isPoolError("backing-off"));
    pool.forgive("other");
    assert.equal(pool.stateOf("a"), "backing_off");
    pool.forgive("a");
    assert.equal(pool.stateOf("a"), "stopped");
    assert.ok(await pool.use(spec("a"), pidOf) > 0);
  });
});

Deno.test("another revision gets another process, and calls on the old one finish", async () => {
  await withPool(async ({ pool, spec }) => {
    const oldPid = await pool.use(spec("a"), pidOf);
    let oldProcess: PluginProcess | undefined;
    const inFlight = pool.use(spec("a"), (process) => {
      oldProcess = process;
      return process.call("later", { ms: 300 });
    });
    await settled();
    const newPid = await pool.use(spec("a", {}, "2"), pidOf);
    assert.notEqual(newPid, oldPid);
    assert.deepEqual(await inFlight, { ms: 300 });
    assert.equal((await oldProcess?.exited)?.wasAsked, true);
    assert.equal(await pool.use(spec("a", {}, "2"), pidOf), newPid);
  });
});

Deno.test("a newer generation gets another process, which serves those of an older one too", async () => {
  await withPool(async ({ pool, spec, started }) => {
    const of = (generation: number) => ({ ...spec("a"), generation });
    const oldPid = await pool.use(of(1), pidOf);
    const inFlight = pool.use(of(1), (process) => process.call("later", { ms: 300 }));
    await settled();
    const newPid = await pool.use(of(2), pidOf);
    assert.notEqual(newPid, oldPid);
    assert.equal(await pool.use(of(1), pidOf), newPid);
    assert.deepEqual(await inFlight, { ms: 300 });
    assert.equal(started(), 2);
  });
});

Deno.test("drain lets calls finish and takes no new ones", async () => {
  await withPool(async ({ pool, spec }) => {
    const oldPid = await pool.use(spec("a"), pidOf);
    const inFlight = pool.use(spec("a"), (process) => process.call("later", { ms: 200 }));
    await settled();
    pool.drain(({ pluginId }) => pluginId === "a");
    assert.notEqual(await pool.use(spec("a"), pidOf), oldPid);
    assert.deepEqual(await inFlight, { ms: 200 });
  });
});

Deno.test("stop ends a process at once and fails its callers with the reason", async () => {
  await withPool(async ({ pool, spec }) => {
    await pool.use(spec("a"), pidOf);
    const call = pool.use(spec("a"), (process) => process.call("hang", {}));
    const rejected = assert.rejects(call, /The plugin was disabled/);
    await settled();
    await pool.stop(({ pluginId }) => pluginId === "a", "The plugin was disabled");
    await rejected;
    assert.equal(pool.stateOf("a"), "stopped");
  });
});

Deno.test("stop ends at once what is still on its way down the ladder", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    let process: PluginProcess | undefined;
    await pool.use(spec("a", { IGNORE_SHUTDOWN: "1" }), (it) => {
      process = it;
      return it.call("ping", {});
    });
    clock.advance(60_000);
    await settled();
    assert.equal(process?.isClosing, true);
    // Within the first step of the ladder, for which it would be given 2 s.
    await pool.stop(({ pluginId }) => pluginId === "a", "The plugin was disabled");
    assert.equal((await process?.exited)?.exit.signal, "SIGKILL");
    assert.deepEqual(pool.live(), []);
  });
});

Deno.test("an idle process is stopped, a busy one is not", async () => {
  await withPool(async ({ pool, spec, clock, started }) => {
    let process: PluginProcess | undefined;
    await pool.use(spec("a"), (it) => {
      process = it;
      return it.call("ping", {});
    });
    clock.advance(59_999);
    const busy = pool.use(spec("a"), (it) => it.call("later", { ms: 200 }));
    await settled();
    clock.advance(120_000);
    await busy;
    assert.equal(started(), 1);
    clock.advance(60_000);
    assert.equal((await process?.exited)?.wasAsked, true);
    assert.equal(pool.stateOf("a"), "stopped");
    await pool.use(spec("a"), pidOf);
    assert.equal(started(), 2);
  });
});

Deno.test("beyond the cap the least recently used idle process makes way", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    for (const name of ["a", "b", "c"]) {
      await pool.use(spec(name), pidOf);
      clock.advance(1000);
    }
    await pool.use(spec("a"), pidOf);
    clock.advance(1000);
    await pool.use(spec("d"), pidOf);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((name) => pool.stateOf(name)),
      ["running", "stopped", "running", "running"],
    );
  }, { processesMax: 3 });
});

Deno.test("with every process busy a call is refused with a time to retry", async () => {
  await withPool(async ({ pool, spec }) => {
    const busy = ["a", "b"].map((name) =>
      pool.use(spec(name), (process) => process.call("later", { ms: 500 }))
    );
    await assert.rejects(pool.use(spec("c"), pidOf), (error) => {
      assert.ok(error instanceof PoolError);
      assert.equal(error.kind, "no-capacity");
      assert.ok(error.retryAfterSeconds > 0);
      return true;
    });
    await Promise.all(busy);
    assert.ok(await pool.use(spec("c"), pidOf) > 0);
  }, { processesMax: 2 });
});

Deno.test("close ends everything, also what is still starting", async () => {
  await withPool(async ({ pool, spec }) => {
    await pool.use(spec("a"), pidOf);
    const starting = pool.use(spec("b", { HANG_INITIALIZE: "1" }), pidOf);
    const rejected = assert.rejects(starting, TransportError);
    await pool.close();
    await rejected;
    assert.deepEqual(pool.live(), []);
  });
});

Deno.test("a process that is ready at the moment it is stopped is not left alone", async () => {
  await withPool(async ({ pool, spec }) => {
    let process: PluginProcess | undefined;
    const late: ProcessSpec = {
      ...spec("a"),
      start: async (signal) => {
        process = await spec("a").start(signal);
        await pool.stop(() => true, "The plugin was disabled");
        return process;
      },
    };
    await assert.rejects(pool.use(late, pidOf), /The plugin was disabled/);
    assert.equal((await process?.exited)?.exit.signal, "SIGKILL");
  });
});

Deno.test("a process works on 32 calls at a time, 256 wait in turn, and more are refused", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    await pool.use(spec("a"), pidOf);
    let running = 0;
    const gate = Promise.withResolvers<void>();
    const options = { timeoutMs: 60_000 };
    const calls = Array.from({ length: 288 }, () =>
      pool.use(spec("a"), async () => {
        running++;
        await gate.promise;
      }, options));
    await settled();
    assert.equal(running, 32);
    const refused = pool.use(spec("a"), pidOf, options);
    await assert.rejects(refused, isPoolError("no-capacity"));
    // Who waits is told after a while that the plugin is busy.
    const outcomes = Promise.allSettled(calls);
    clock.advance(15_000);
    gate.resolve();
    const states = (await outcomes).map(({ status }) => status);
    assert.equal(states.filter((it) => it === "fulfilled").length, 32);
    assert.ok(await pool.use(spec("a"), pidOf, options) > 0);
  });
});

Deno.test("of several holders each has half of what a process takes, and of what waits for it", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    await pool.use(spec("a"), pidOf);
    const running: string[] = [];
    const gate = Promise.withResolvers<void>();
    const callOf = (holder: string) =>
      pool.use(spec("a"), async () => {
        running.push(holder);
        await gate.promise;
      }, { timeoutMs: 60_000, holder });
    const greedy = Promise.allSettled(Array.from({ length: 145 }, () => callOf("greedy")));
    await settled();
    assert.deepEqual(running, Array(16).fill("greedy"));
    const other = callOf("other");
    await settled();
    assert.equal(running.at(-1), "other");
    clock.advance(15_000);
    gate.resolve();
    await other;
    const refusals = (await greedy).flatMap((it) => it.status === "rejected" ? [it.reason] : []);
    assert.deepEqual([running.length, refusals.length], [17, 129]);
    const told = refusals.map(({ message }) => String(message));
    const half = /^You use half of what the plugin works on at a time: .*; try again in 2 s$/;
    assert.ok(told.every((it) => half.test(it)));
    const counts = [/too many of these calls wait for it/, /no call of these ended within 15 s/]
      .map((reason) => told.filter((it) => reason.test(it)).length);
    assert.deepEqual(counts, [1, 128]);
  });
});

Deno.test("a call has its whole deadline from when it has a place", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    const one: ProcessSpec = {
      ...spec("a"),
      start: async (signal) => {
        const process = await spec("a").start(signal);
        process.callsMax = 1;
        return process;
      },
    };
    const options = { timeoutMs: 20_000 };
    await pool.use(one, pidOf, options);
    const gate = Promise.withResolvers<void>();
    const first = pool.use(one, () => gate.promise, options);
    const second = pool.use(one, (_process, timeoutMs) => Promise.resolve(timeoutMs), options);
    const third = assert.rejects(
      pool.use(one, pidOf, { timeoutMs: 10_000 }),
      /other calls kept it so for 5 s/,
    );
    await settled();
    clock.advance(5000);
    await third;
    gate.resolve();
    await first;
    assert.equal(await second, 20_000);
  });
});

Deno.test("a call that was given up keeps its place until the process is done with it", async () => {
  await withPool(async ({ pool, spec }) => {
    const one: ProcessSpec = {
      ...spec("a"),
      start: async (signal) => {
        const process = await spec("a").start(signal);
        process.callsMax = 1;
        return process;
      },
    };
    await pool.use(one, pidOf);
    const leaving = new AbortController();
    const order: string[] = [];
    const blocking = pool.use(one, (process) => {
      const { signal } = leaving;
      const call = process.call("block", { ms: 300 }, { signal });
      call.catch((error) => error.call.workedOff.then(() => order.push("worked off")));
      return call;
    });
    await settled();
    leaving.abort();
    await assert.rejects(blocking, isCancelled);
    await pool.use(one, () => Promise.resolve(order.push("next")));
    assert.deepEqual(order, ["worked off", "next"]);
  });
});

Deno.test("what a start takes is part of its call's time", async () => {
  await withPool(async ({ pool, spec, clock }) => {
    let leftMs = 0;
    const slow: ProcessSpec = {
      ...spec("a"),
      start: async (signal) => {
        const process = await spec("a").start(signal);
        clock.advance(10_000);
        return process;
      },
    };
    await pool.use(slow, (process, timeoutMs) => {
      leftMs = timeoutMs;
      return process.call("ping", {});
    }, { timeoutMs: 15_000 });
    assert.equal(leftMs, 5000);
  });
});

Deno.test("a missed deadline beside others' answers is excused, but not of a process that is sent one call at a time", async () => {
  await withPool(async ({ pool, spec }) => {
    await pool.use(spec("a"), pidOf);
    const busy = { workedOff: Promise.resolve(), wasBusy: true };
    const missed = async () => {
      const error = new AbandonedError("timeout", "The plugin did not answer", busy);
      await assert.rejects(
        pool.use(spec("a"), () => Promise.reject(error)),
        (thrown) => {
          assert.ok(thrown instanceof AbandonedError);
          isExcused.push(thrown.call.wasBusy);
          return true;
        },
      );
    };
    const isExcused: boolean[] = [];
    // The first one lowers what is sent to half of the one call that was sent at once.
    for (let call = 0; call < 3; call++) await missed();
    assert.deepEqual(isExcused, [true, false, false]);
  });
});
