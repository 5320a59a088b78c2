/** Isolation level 3 as plugins meet it: real processes in real sandboxes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { requireTool } from "../../../../infra/test/tools.ts";
import { RpcError, TransportError } from "../../rpc/errors.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { type SandboxedHost, withSandboxedHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import { listPrograms, ProcessTable } from "../process_table.ts";
import type { PluginProcess } from "../plugin_process.ts";

/** Where the host is root, a sandbox's user owns nothing either. */
const UNWRITABLE = /Read-only file system|Permission denied/;
const ignore = requireTool("bwrap") === "skip";

function sandboxTest(name: string, fn: (host: SandboxedHost) => Promise<void>): void {
  Deno.test({ name, ignore, fn: () => withSandboxedHost(fn) });
}

/** Runs a program in the sandbox of the scripted Node plugin. */
async function shell(process: PluginProcess, command: string): Promise<string> {
  const { output } = Object(await process.call("shell", { command }));
  return String(output).trim();
}

sandboxTest(
  "a Node plugin works in a sandbox, with a data folder that is its own",
  async (host) => {
    const process = await host.start(host.sandboxed(host.node()));
    assert.equal(await process.call("ping", {}), "pong");
    const { dataDir } = Object(await process.call("initialized", {}));
    assert.equal(dataDir, join(host.root, "data", "plugin", "system"));
    await shell(process, `echo kept > ${dataDir}/home/file && touch $TMPDIR/file`);
    assert.equal(await Deno.readTextFile(join(dataDir, "home", "file")), "kept\n");
    await process.close();
    const again = await host.start(host.sandboxed(host.node()));
    assert.equal(await shell(again, `cat ${dataDir}/home/file`), "kept");
  },
);

sandboxTest("a Deno plugin keeps its narrow permissions inside", async (host) => {
  const process = await host.start(host.sandboxed(host.deno("probe")));
  const data = join(host.root, "data", "plugin", "system");
  assert.deepEqual(await process.call("writeOwn", { target: join(data, "note") }), {
    value: "mine",
  });
  for (const target of ["/etc/passwd", "/proc/self/environ", "/usr/bin/env"]) {
    await assert.rejects(process.call("read", { target }), /Requires read access/);
  }
  await assert.rejects(process.call("run", { target: "id" }), RpcError);
});

sandboxTest(
  "nothing of the host is there to be read, and nothing but the data to be written",
  async (host) => {
    await Deno.mkdir(join(host.root, ".codex"));
    await Deno.writeTextFile(join(host.root, ".codex", "key"), "SECRET");
    const process = await host.start(host.sandboxed(host.node()));
    const folders = await shell(process, "ls -A /");
    assert.deepEqual(
      folders.split("\n").filter((name) => !/^(s?bin|lib\w*)$/.test(name)),
      ["dev", "etc", "proc", "tmp", "usr", ...firstFolders(host)].sort(),
    );
    const etc = (await shell(process, "ls -A /etc")).split("\n");
    const allowed = ["alternatives", "group", "ld.so.cache", "localtime", "passwd"];
    assert.deepEqual(etc.filter((name) => !allowed.includes(name)), []);
    assert.match(await shell(process, `cat ${host.root}/.codex/key 2>&1`), /No such file/);
    assert.match(await shell(process, `ls ${host.root}/data/plugin`), /^system$/);
    for (const place of ["/x", "/usr/x", "/etc/x", "/dev/x", `${host.node().pluginFolder}/x`]) {
      assert.match(await shell(process, `touch ${place} 2>&1`), UNWRITABLE, place);
    }
    assert.match(await shell(process, "cat /etc/passwd"), /^plugin:x:65533:/);
    assert.match(await shell(process, "head -c 1000000000 /dev/zero > /tmp/f; echo $?"), /1$/);
    assert.match(await shell(process, "head -c 1000000000 /dev/zero > /dev/shm/f; echo $?"), /1$/);
  },
);

/** What holds the plugin and its data, by name at the root. */
function firstFolders(host: SandboxedHost): string[] {
  const paths = [host.root, host.node().pluginFolder ?? ""];
  return [...new Set(paths.map((path) => path.split("/")[1] ?? ""))].filter((it) => it !== "tmp");
}

sandboxTest(
  "processes, the environment and the rights of the host stay out of reach",
  async (host) => {
    const process = await host.start(host.sandboxed(host.node({ OWN: "1" })));
    const environments = await shell(process, "cat /proc/[0-9]*/environ | tr '\\0' '\\n'");
    const names = environments.split("\n").map((line) => line.split("=")[0] ?? "");
    const own = ["PATH", "HOME", "TMPDIR", "LANG", "OWN", "PWD", "OLDPWD", "_", "SHLVL", ""];
    assert.deepEqual(names.filter((name) => !own.includes(name)), []);
    assert.equal(await shell(process, "id -u"), "65533");
    assert.match(await shell(process, "grep CapBnd /proc/self/status"), /\t0+$/);
    assert.match(await shell(process, "grep NoNewPrivs /proc/self/status"), /\t1$/);
    assert.match(await shell(process, "unshare --user true 2>&1; echo $?"), /1$/);
    // bwrap, the plugin, its shell and what that starts.
    assert.ok(Number(await shell(process, "ls -d /proc/[0-9]* | wc -l")) <= 6);
  },
);

sandboxTest("without a grant there is no network at all", async (host) => {
  const process = await host.start(host.sandboxed(host.node()));
  assert.match(await shell(process, connect(host.listener.port)), /unreachable|refused/);
  assert.equal(await shell(process, "ls /etc/resolv.conf /etc/hosts 2>/dev/null"), "");
});

sandboxTest("no process can raise its limits", async (host) => {
  const process = await host.start(host.sandboxed(host.node()));
  const limits = await shell(process, "cat /proc/self/limits");
  const expected = {
    "Max processes": "64",
    "Max open files": "256",
    "Max file size": "134217728",
    "Max core file size": "0",
  };
  for (const [name, value] of Object.entries(expected)) {
    // The soft limit, and the hard one.
    assert.match(limits, new RegExp(`^${name} +${value} +${value} `, "m"));
  }
});

sandboxTest("a fork bomb is held to 64 processes, and none is left after it", async (host) => {
  const process = await host.start(host.sandboxed(host.node()));
  const sleep = ownSleep();
  const bomb = process.call("shell", {
    command: `for i in $(seq 200); do setsid ${sleep} & done 2>/dev/null; ${sleep}`,
  });
  const failed = assert.rejects(bomb, TransportError);
  await waitUntil(async () => await countOf(sleep) > 20, "most of them run");
  assert.ok(await countOf(sleep) <= 64);
  await process.kill("Enough");
  await failed;
  await waitUntil(async () => await countOf(sleep) === 0, "none is left");
});

sandboxTest(
  "nothing outlives a kill of the process, not even in a session of its own",
  async (host) => {
    const process = await host.start(host.sandboxed(host.node()));
    const sleep = ownSleep();
    const orphan = `setsid sh -c 'trap "" TERM HUP; ${sleep}; ${sleep}' >/dev/null 2>&1 &`;
    await shell(process, `${orphan} echo started`);
    await waitUntil(async () => await countOf(sleep) > 0, "the orphan runs");
    Deno.kill(process.pid, "SIGKILL");
    await process.exited;
    await waitUntil(async () => await countOf(sleep) === 0, "none is left");
  },
);

sandboxTest("SIGTERM of the close ladder reaches the plugin itself", async (host) => {
  const clock = new FakeClock();
  const plugin = host.node({ WAIT_FOR_SIGTERM: "1", GRUMBLE: "1" });
  const process = await host.start(host.sandboxed(plugin), clock);
  const closed = process.close();
  await host.logged("no more input");
  await clock.tick(2000);
  await closed;
  const { exit, wasAsked } = await process.exited;
  assert.deepEqual([exit.code, exit.signal, wasAsked], [7, null, true]);
});

sandboxTest("how a sandboxed process ended is told as of any other", async (host) => {
  const crashing = await host.start(host.sandboxed(host.node()));
  await assert.rejects(crashing.call("crash", {}), (error) => {
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.kind, error.exit?.signal], ["crashed", "SIGKILL"]);
    return true;
  });
  const leaving = await host.start(host.sandboxed(host.node()));
  await assert.rejects(leaving.call("exit", { code: 3 }), (error) => {
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.kind, error.exit?.code], ["crashed", 3]);
    return true;
  });
});

sandboxTest("a plugin that closes its stdout is told of at once", async (host) => {
  const silent = await host.start(host.sandboxed(host.node()));
  await assert.rejects(silent.call("closeStdout", {}), /closed its stdout/);
});

sandboxTest(
  "a working directory named in full is shown read-only, one with the platform's data never",
  async (host) => {
    const folder = join(host.root, "work");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "note"), "here");
    const process = await host.start(
      host.sandboxed({ ...host.node(), workingDirectory: folder }),
    );
    assert.equal(await shell(process, "cat note"), "here");
    assert.match(await shell(process, "touch note 2>&1"), UNWRITABLE);
    await Deno.mkdir(join(host.root, ".codex", "secrets"), { recursive: true });
    for (
      const path of [host.root, join(host.root, ".codex"), join(host.root, ".codex", "secrets")]
    ) {
      await assert.rejects(
        host.start(host.sandboxed({ ...host.node(), workingDirectory: path })),
        /holds data of the platform/,
      );
    }
  },
);

sandboxTest("the whole family of a sandboxed process can be told from the table", async (host) => {
  const process = await host.start(host.sandboxed(host.node()));
  const sleep = ownSleep();
  await shell(process, `setsid ${sleep} >/dev/null 2>&1 & echo started`);
  // It was another program before.
  await waitUntil(async () => await countOf(sleep) === 1, "the program runs");
  const family = new ProcessTable(await listPrograms()).family(process.pid);
  assert.deepEqual(family.map(({ program }) => program).sort(), [
    "bwrap",
    "bwrap",
    "node",
    "sleep",
  ]);
});

function connect(port: number): string {
  return `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && echo connected' 2>&1`;
}

/** A command that no other test runs, on a machine that several may run on. */
function ownSleep(): string {
  return `sleep 61.${crypto.getRandomValues(new Uint32Array(1))}`;
}

/** Processes of this machine with `text` in their command line. */
async function countOf(text: string): Promise<number> {
  const { stdout } = await runProgram({
    command: "ps",
    args: ["-eo", "stat=,args="],
    timeoutMs: 60_000,
  });
  return stdout.split("\n").filter((line) => /^[^Z]\S*\s+sleep /.test(line) && line.includes(text))
    .length;
}
