import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { removeFolder } from "./data_folder.ts";
import { DATA_BYTES_MAX, judgeUsage, measureFolder, watchDataFolders } from "./data_usage.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a folder is measured with all below it, without following links", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "a", "b"), { recursive: true });
    await Deno.writeFile(join(folder, "a", "b", "file"), new Uint8Array(1024 * 1024));
    await Deno.symlink("/usr", join(folder, "a", "link"));
    await Deno.symlink(folder, join(folder, "a", "loop"));
    const { bytes, files } = await measureFolder(folder);
    assert.equal(files, 5);
    assert.ok(bytes >= 1024 * 1024 && bytes < 2 * 1024 * 1024, `${bytes}`);
  });
});

Deno.test("what lies under names and depths that no path of Deno's leads to is measured too", async () => {
  await withFolder(async (folder) => {
    const program = `
import os
os.chdir("${folder}")
os.mkdir(b"\\xff")
open(b"\\xff/\\xfe", "wb").write(b"x" * 1048576)
for _ in range(3000):
    os.mkdir("deep"); os.chdir("deep")
open("file", "wb").write(b"x" * 1048576)
`;
    const { success } = await runProgram({
      command: "/usr/bin/python3",
      args: ["-c", program],
      timeoutMs: 60_000,
    });
    assert.ok(success);
    const { bytes, files } = await measureFolder(folder);
    assert.equal(files, 3003);
    assert.ok(bytes >= 2 * 1024 * 1024, `${bytes}`);
    await removeFolder(folder);
    await assert.rejects(Deno.lstat(folder), Deno.errors.NotFound);
    await Deno.mkdir(folder);
  });
});

Deno.test("a part that a plugin closed to its owner is measured, or told where the host is that owner", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "closed"));
    await Deno.writeFile(join(folder, "closed", "file"), new Uint8Array(1024 * 1024));
    await Deno.chmod(join(folder, "closed"), 0);
    const usage = await measureFolder(folder);
    await Deno.chmod(join(folder, "closed"), 0o700);
    if (Deno.uid() === 0) assert.ok(usage.bytes >= 1024 * 1024);
    else assert.match(judgeUsage(usage) ?? "", /can't be measured/);
  });
});

Deno.test("a folder that is gone holds nothing", async () => {
  assert.deepEqual(await measureFolder("/nonexistent/folder"), { bytes: 0, files: 0 });
});

Deno.test("too many bytes or files are told with what is allowed", () => {
  assert.equal(judgeUsage({ bytes: DATA_BYTES_MAX, files: 50_000 }), undefined);
  assert.match(judgeUsage({ bytes: DATA_BYTES_MAX + 1024 * 1024, files: 1 }) ?? "", /257 MiB.*256/);
  assert.match(judgeUsage({ bytes: 1, files: 50_001 }) ?? "", /more than 50000 files/);
});

Deno.test("every process with a folder that holds too much is ended, and no other", async () => {
  await withFolder(async (folder) => {
    const ended = new Map<string, string>();
    const user = (name: string, dataFolder: string) => ({
      pid: Deno.pid,
      dataFolder,
      fail: (reason: string) => ended.set(name, reason),
    });
    // Sparse files take no place and don't count.
    using file = await Deno.open(join(folder, "sparse"), { write: true, create: true });
    await file.truncate(4 * DATA_BYTES_MAX);
    const running = [user("a", folder), user("b", folder), user("c", "/nonexistent")];
    await watchDataFolders(running);
    assert.equal(ended.size, 0);
    for (let index = 0; index < 26; index++) {
      await Deno.writeFile(join(folder, String(index)), new Uint8Array(10 * 1024 * 1024));
    }
    await watchDataFolders(running);
    assert.deepEqual([...ended.keys()], ["a", "b"]);
    assert.match(ended.get("a") ?? "", /was ended: its data folder holds 260 MiB/);
  });
});
