/** The filter of system calls as plugins meet it, and as the host finds out whether it works. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import {
  detectionOptions,
  type SandboxedHost,
  withSandboxedHost,
} from "../../testing/test_host.ts";
import type { PluginProcess } from "../plugin_process.ts";
import { detectSandbox } from "./detection.ts";

const ignore = requireTool("bwrap") === "skip";

/** Runs a program in the sandbox of the scripted Node plugin. */
async function shell(process: PluginProcess, command: string): Promise<string> {
  const { output } = Object(await process.call("shell", { command }));
  return String(output).trim();
}

Deno.test({
  name: "every process in a sandbox has the filter, and no descriptor of it",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      // Each is another way into the sandbox; the last two need what some machines don't have.
      const { hosts, everyHost } = host.sandbox.network;
      const networks: string[][] = [[]];
      if (hosts.available) networks.push(["127.0.0.1:8091"]);
      if (everyHost.available) networks.push(["*"]);
      for (const network of networks) {
        const process = await host.start({ ...host.sandboxed(host.node()), network });
        const states = await shell(process, "grep -h ^Seccomp: /proc/[0-9]*/status");
        assert.deepEqual([...new Set(states.split("\n"))], ["Seccomp:\t2"]);
        assert.match(await shell(process, "unshare --user true 2>&1"), /not permitted/);
        assert.equal(await shell(process, "ls -l /proc/[0-9]*/fd | grep bpf"), "");
        await process.kill("Enough");
      }
    }),
});

Deno.test({
  name: "files are copied in a sandbox, where the kernel's short cuts for it are refused",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      const process = await host.start(host.sandboxed(host.node()));
      const copies = [
        `node -e 'fs.copyFileSync("/etc/passwd", "a")'`,
        "cp /etc/passwd b",
        "cat /etc/passwd > c",
        `/usr/bin/python3 -c 'import shutil; shutil.copyfile("/etc/passwd", "d")'`,
      ];
      const output = await shell(
        process,
        `cd $TMPDIR && ${copies.join(" && ")} && cat a b c d | sort | uniq -c`,
      );
      assert.match(output, /^4 plugin:x:65533:\S*$/);
    }),
});

/** Detects with other programs than the system's. */
async function detectWith(
  host: SandboxedHost,
  programs: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const detection = await detectSandbox(
    detectionOptions(host.root, join(host.root, "other"), { programs }),
  );
  return detection.available ? undefined : detection.reason;
}

Deno.test({
  name: "a sandbox whose filter refuses nothing counts as none",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      const stub = join(host.root, "bwrap");
      const { bwrapPath } = host.sandbox;
      await Deno.writeTextFile(
        stub,
        `#!/bin/sh\n[ "$1" = --seccomp ] || exit 1\nshift 2\nexec ${bwrapPath} "$@"\n`,
      );
      await Deno.chmod(stub, 0o755);
      assert.match(await detectWith(host, { bwrap: stub }) ?? "", /made a refused call/);
    }),
});

Deno.test({
  name: "without dash, which opens the filter, there is no sandbox",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      assert.match(await detectWith(host, { dash: undefined }) ?? "", /apt-get install dash/);
    }),
});
