import assert from "node:assert/strict";
import { requireTool } from "../../../infra/test/tools.ts";
import { waitUntil } from "../testing/wait_until.ts";
import { countFileLocks, listFileLocks } from "./file_locks.ts";

Deno.test("locks are counted by process, those that wait as well", () => {
  const text = `1: POSIX  ADVISORY  WRITE 812 08:01:131 0 EOF
1: -> POSIX  ADVISORY  READ 90 08:01:131 4 4
2: FLOCK  ADVISORY  WRITE 90 00:19:1201 0 EOF
3: OFDLCK ADVISORY  READ -1 00:19:1201 128 128
4: LEASE  ACTIVE    READ 812 00:19:7 0 EOF
5: POSIX  ADVIS`;
  assert.deepEqual(countFileLocks(text), new Map([[812, 2], [90, 2]]));
});

Deno.test({
  name: "this machine tells who holds locks",
  ignore: requireTool("python3") === "skip",
  fn: async () => {
    const script = `
import fcntl, sys, tempfile
file = tempfile.TemporaryFile()
for place in range(50): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * place)
sys.stdin.read()`;
    await using child = new Deno.Command("python3", {
      args: ["-c", script],
      stdin: "piped",
    }).spawn();
    const held = async () => (await listFileLocks()).get(child.pid) === 50;
    await waitUntil(held, "all are counted");
    await child.stdin.close();
    await child.status;
  },
});
