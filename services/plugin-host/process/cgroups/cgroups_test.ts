/** Control groups as this machine gives them, with real plugins in them. */
import assert from "node:assert/strict";
import { requireTool } from "../../../../infra/test/tools.ts";
import { findProgram } from "../../installation.ts";
import { TransportError } from "../../rpc/errors.ts";
import { type TestHost, withSandboxedHost, withTestHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import type { PluginProcess } from "../plugin_process.ts";
import { listPageTables, listShares } from "../process_table.ts";
import type { StartRequest } from "../starter.ts";
import { Watchdog } from "../watchdog.ts";
import type { Cgroups } from "./cgroups.ts";
import { detectCgroups } from "./detection.ts";

const LIMIT = 160 * 1024 * 1024;
const REASON = /^The plugin was ended: it took more memory than its limit of 160 MiB$/;

const detection = await detectCgroups({
  findProgram,
  root: "/sys/fs/cgroup",
  isRoot: Deno.uid() === 0,
});
const cgroups = detection.available ? detection.cgroups : undefined;
await cgroups?.close();
const hasSandbox = requireTool("bwrap") !== "skip";

function groupTest(
  name: string,
  fn: (host: TestHost, request: StartRequest, cgroups: Cgroups) => Promise<void>,
): void {
  const run = async (host: TestHost, request: StartRequest) => {
    await fn(host, { ...request, memoryBytesMax: LIMIT }, cgroups!);
    await cgroups!.close();
  };
  Deno.test({
    name: `${name}, without a sandbox`,
    ignore: cgroups === undefined,
    fn: () => withTestHost((host) => run(host, host.node()), cgroups),
  });
  Deno.test({
    name: `${name}, in a sandbox`,
    ignore: cgroups === undefined || !hasSandbox,
    fn: () =>
      withSandboxedHost((host) => run(host, host.sandboxed(host.node())), {
        ...(cgroups && { cgroups }),
      }),
  });
}

/** Everything runs at once, so that the plugin works on while its child takes memory. */
async function shell(process: PluginProcess, command: string): Promise<string> {
  return String(Object(await process.call("shell", { command })).output).trim();
}

groupTest("memory that a plugin fills ends it with the reason", async (host, request) => {
  const process = await host.start(request);
  await process.call("hold", { mib: 10 });
  await assert.rejects(process.call("hold", { mib: 300 }), (error) => {
    assert.ok(error instanceof TransportError && error.kind === "crashed");
    assert.match(error.message, REASON);
    return true;
  });
  const end = await process.exited;
  assert.match(end.reason ?? "", REASON);
  assert.match(host.log.at(-1) ?? "", REASON);
});

groupTest("a child that fills memory ends its plugin", async (host, request, cgroups) => {
  const process = await host.start(request);
  await shell(process, "head -c 400M /dev/zero | tail | wc -c");
  const watchdog = new Watchdog({
    running: () => host.starter.running(),
    listProcesses: () => Promise.resolve([]),
    listShares,
    listPageTables,
    listUsages: () => cgroups.usages(),
  });
  await watchdog.look();
  assert.match((await process.exited).reason ?? "", REASON);
});

groupTest("time of children that nobody waited for is counted", async (host, request, cgroups) => {
  const process = await host.start(request);
  const used = async () => (await cgroups.usages()).get(process.groupName ?? "")?.cpuSeconds ?? 0;
  const before = await used();
  // Python's children are reaped by the kernel where their end is ignored.
  await shell(
    process,
    `/usr/bin/python3 -c '
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(4):
    if os.fork() == 0:
        end = time.process_time() + 0.2
        while time.process_time() < end: pass
        os._exit(0)
try:
    os.wait()
except ChildProcessError: pass
'`,
  );
  const seconds = await used() - before;
  assert.ok(seconds >= 0.8, `${seconds} s`);
});

groupTest(
  "nothing is left of a group when its plugin has ended",
  async (host, request, cgroups) => {
    const process = await host.start(request);
    // Told from the sleep of any other test by its length.
    const seconds = 100_000 + crypto.getRandomValues(new Uint16Array(1))[0]!;
    // It leaves the process group, and in a sandbox dies with that.
    await process.call("background", { command: `setsid sleep ${seconds} & echo up; wait` });
    await process.kill("The test goes on");
    await process.exited;
    assert.equal((await cgroups.usages()).has(process.groupName ?? ""), false);
    await waitUntil(
      async () => !await isRunning(`sleep ${seconds}`),
      "what left the group has ended",
    );
  },
);

groupTest(
  "a group that lay ready holds its plugin as any other",
  async (host, request, cgroups) => {
    const first = await host.start(request);
    await cgroups.prepare();
    const ready = [...(await cgroups.usages()).keys()].filter((name) => name !== first.groupName);
    assert.ok(ready.length > 0);
    const second = await host.start({ ...request, dataPath: ["plugin", "other"] });
    assert.ok(ready.includes(second.groupName ?? ""), second.groupName);
    await assert.rejects(
      second.call("hold", { mib: 300 }),
      /more memory than its limit of 160 MiB$/,
    );
    await second.exited;
    assert.equal((await cgroups.usages()).has(second.groupName ?? ""), false);
    assert.equal(await first.call("ping", {}), "pong");
    await first.kill("The test goes on");
    await cgroups.close();
    assert.deepEqual([...await cgroups.usages()], []);
  },
);

async function isRunning(args: string): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args="] }).output();
  return new TextDecoder().decode(stdout).split("\n").includes(args);
}

Deno.test({
  name: "a host's groups are removed by the next host when it is gone",
  ignore: cgroups === undefined,
  fn: async () => {
    const gone = await detectCgroups({
      findProgram,
      root: "/sys/fs/cgroup",
      isRoot: Deno.uid() === 0,
      probed: { ...await probed(), hostId: "4000000.1" },
    });
    assert.ok(gone.available);
    const group = gone.cgroups.group("left", { memoryBytes: LIMIT, tasks: 10 });
    const plan = { command: "/bin/sleep", args: ["1000"], env: {}, workingDirectory: "/" };
    const entered = group.entered({ ...plan, reads: [], fixedReads: [], notes: [] });
    const child = new Deno.Command(entered.command, { args: [...entered.args] }).spawn();
    await waitUntil(
      async () => (await gone.cgroups.usages()).has("left"),
      "the group is made",
    );
    const next = await detectCgroups({
      findProgram,
      root: "/sys/fs/cgroup",
      isRoot: Deno.uid() === 0,
    });
    assert.equal(next.available, true);
    assert.equal((await child.status).signal, "SIGKILL");
    assert.deepEqual([...await gone.cgroups.usages()], []);
    if (next.available) await next.cgroups.close();
  },
});

async function probed() {
  const read = async (path: string) => {
    const { stdout } = await new Deno.Command("cat", { args: [path], stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  };
  const controllers = (await read("/sys/fs/cgroup/cgroup.controllers")).trim().split(" ");
  return { controllers, own: await read("/proc/self/cgroup") };
}
