import assert from "node:assert/strict";
import { join } from "node:path";
import { makeDataFolder, removeFolder } from "./data_folder.ts";

Deno.test("a folder goes although its plugin closed parts of it, and nothing that it links to", async () => {
  const root = await Deno.makeTempDir();
  try {
    const [folder, outside] = [join(root, "data"), join(root, "outside")];
    await Deno.mkdir(join(folder, "a", "b", "c"), { recursive: true });
    await Deno.mkdir(outside, { mode: 0o755 });
    await Deno.writeTextFile(join(folder, "a", "b", "c", "file"), "kept");
    await Deno.symlink(outside, join(folder, "a", "link"));
    await Deno.chmod(join(folder, "a", "b"), 0);
    await Deno.chmod(folder, 0);
    await removeFolder(folder);
    await assert.rejects(Deno.lstat(folder), Deno.errors.NotFound);
    assert.equal((await Deno.lstat(outside)).mode! & 0o777, 0o755);
    await removeFolder(folder);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a data folder is fit for the next start, whatever its plugin made of it", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = await makeDataFolder(root, ["plugin", "system"], undefined);
    const [home, tmp] = [join(folder, "home"), join(folder, "tmp")];
    await Deno.remove(home);
    await Deno.writeTextFile(home, "no folder");
    await Deno.remove(tmp);
    await Deno.symlink("/nonexistent", tmp);
    await Deno.chmod(folder, 0);
    assert.equal(await makeDataFolder(root, ["plugin", "system"], undefined), folder);
    for (const path of [folder, home, tmp]) {
      const { isDirectory, mode } = await Deno.lstat(path);
      assert.deepEqual([isDirectory, (mode ?? 0) & 0o777], [true, 0o700], path);
    }
  } finally {
    await removeFolder(root);
  }
});
