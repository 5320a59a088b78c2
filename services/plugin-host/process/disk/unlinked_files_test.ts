import assert from "node:assert/strict";
import { diskSpace } from "./free_space.ts";
import { measureUnlinked } from "./unlinked_files.ts";

const MIB = 1024 * 1024;

/** Holds a file without a name twice, one with a name, and one in memory; a child holds another. */
const PROGRAM = `
import os, sys, time
folder = sys.argv[1]
def hold(path, keeps_name=False):
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    if not keeps_name:
        os.unlink(path)
    os.write(file, b"x" * ${MIB})
    return file
file = hold(folder + "/unlinked")
os.dup(file)
hold(folder + "/named", True)
hold("/dev/shm/codex-test-%d" % os.getpid())
if os.fork() == 0:
    hold(folder + "/of-child")
    print("up", flush=True)
    time.sleep(60)
os.wait()
`;

Deno.test("files without a name that a plugin holds are counted, each once", async () => {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
  const child = new Deno.Command("/usr/bin/python3", {
    args: ["-c", PROGRAM, folder],
    stdout: "piped",
    detached: true,
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    await reader.read();
    reader.releaseLock();
    const measured = await measureUnlinked([{ pid: child.pid, dataFolder: folder }]);
    assert.equal(measured.get(folder), 2 * MIB);
    assert.deepEqual(await measureUnlinked([]), new Map());
  } finally {
    Deno.kill(-child.pid, "SIGKILL");
    await child.status;
    await child.stdout.cancel();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the space of a disk is read, and none of a folder that isn't there", async () => {
  const space = await diskSpace("/var/tmp");
  assert.ok(space !== undefined && space.freeBytes > 0 && space.totalBytes >= space.freeBytes);
  assert.equal(await diskSpace("/nonexistent/folder"), undefined);
});
