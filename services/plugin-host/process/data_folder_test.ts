import assert from "node:assert/strict";
import { join } from "node:path";
import { removeFolder } from "./data_folder.ts";

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
