/** Folders in memory as plugins meet them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import { detectionOptions, withSandboxedHost } from "../../testing/test_host.ts";
import { detectSandbox } from "./detection.ts";

const ignore = requireTool("bwrap") === "skip";

/** No `mount` that works, and no network to be tried. */
const STUBS: Readonly<Record<string, string | undefined>> = {
  mount: "/bin/false",
  pasta: undefined,
};

/** Makes empty files in a folder until it may not, and tells how many. */
const FILL = `/usr/bin/python3 -c '
import os, sys
count = 0
try:
    while count < 100000:
        os.close(os.open("%s/%d" % (sys.argv[1], count), os.O_CREAT))
        count += 1
except OSError: pass
print(count)
'`;

Deno.test({
  name: "files in memory are limited in number and size, over all folders together",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      const process = await host.start(host.sandboxed(host.node()));
      const shell = async (command: string) =>
        String(Object(await process.call("shell", { command })).output).trim();
      assert.equal(await shell("stat -c %a /tmp /dev/shm"), "1777\n1777");
      // No folder shows the others.
      assert.equal(await shell("ls -A /tmp /dev/shm | grep -xE 'tmp|shm|cache'"), "");
      await shell("head -c 40M /dev/zero > /tmp/a");
      assert.equal(
        await shell("head -c 40M /dev/zero > /dev/shm/b; stat -c %s /dev/shm/b"),
        "25165824",
      );
      await shell("rm /tmp/a /dev/shm/b");
      const count = Number(await shell(`${FILL} /tmp`));
      assert.ok(count > 1000 && count < 8192, String(count));
      assert.equal(await shell(`${FILL} /dev/shm`), "0");
      // The namespace around the sandbox gives its plugin no rights, nor a way to change the
      // limits.
      assert.equal(
        await shell("grep -h ^Cap /proc/self/status | cut -f2 | sort -u"),
        "0000000000000000",
      );
      assert.match(
        await shell("mount -o remount,nr_inodes=0 /tmp 2>&1"),
        /superuser|denied|permitted/,
      );
      await process.kill("The test goes on");
      assert.deepEqual(await Array.fromAsync(Deno.readDir(host.sandbox.memoryFiles!.place)), []);
    }),
});

Deno.test({
  name: "where a file system in memory can't be mounted there are sandboxes all the same",
  ignore,
  fn: () =>
    withSandboxedHost(async (host) => {
      const options = detectionOptions(host.root, join(host.root, "other"), { programs: STUBS });
      const detection = await detectSandbox({ ...options, users: undefined });
      assert.ok(detection.available);
      assert.equal(detection.sandbox.memoryFiles, undefined);
      assert.match(detection.findings, /number of files in memory/);
    }),
});
