import assert from "node:assert/strict";
import { join } from "node:path";
import { findFolderFault, isInside, resolveWorkingDirectory } from "./folders.ts";

async function withFolder(body: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("isInside goes by whole path parts", () => {
  assert.ok(isInside("/a/b", "/a/b"));
  assert.ok(isInside("/a/b/c", "/a/b"));
  assert.ok(isInside("/a/b/..c", "/a/b"));
  assert.ok(!isInside("/a/bc", "/a/b"));
  assert.ok(!isInside("/a", "/a/b"));
  assert.ok(!isInside("/c", "/a/b"));
});

Deno.test("a folder without symlinks, or with inner ones, is fit", async () => {
  await withFolder(async (root) => {
    await Deno.mkdir(join(root, "lib"));
    await Deno.writeTextFile(join(root, "lib", "a.ts"), "");
    await Deno.symlink("lib/a.ts", join(root, "b.ts"));
    assert.equal(await findFolderFault(root), undefined);
  });
});

Deno.test("a symlink that leads outside, however deep, makes a folder unfit", async () => {
  await withFolder(async (root) => {
    const plugin = join(root, "plugin");
    await Deno.mkdir(join(plugin, "deep", "er"), { recursive: true });
    for (const target of ["/etc/passwd", "/etc", "../../../..", join(root, "missing")]) {
      const link = join(plugin, "deep", "er", "link");
      await Deno.symlink(target, link);
      assert.match(await findFolderFault(plugin) ?? "", /deep\/er\/link.*leads outside/, target);
      await Deno.remove(link);
    }
  });
});

Deno.test("a folder whose path has a comma is unfit, since Deno would read it as two", async () => {
  await withFolder(async (root) => {
    await Deno.mkdir(join(root, "a,b"));
    assert.match(await findFolderFault(join(root, "a,b")) ?? "", /comma/);
  });
});

Deno.test("a relative working directory stays inside the plugin's folder", async () => {
  await withFolder(async (root) => {
    const folders = { plugin: join(root, "plugin"), data: join(root, "data") };
    await Deno.mkdir(join(folders.plugin, "work"), { recursive: true });
    await Deno.mkdir(folders.data);
    await Deno.symlink("/etc", join(folders.plugin, "out"));
    assert.deepEqual(await resolveWorkingDirectory("work", folders), {
      ok: true,
      path: join(folders.plugin, "work"),
    });
    for (const wanted of ["..", "../data", "out", "missing"]) {
      assert.equal((await resolveWorkingDirectory(wanted, folders)).ok, false, wanted);
    }
    assert.ok((await resolveWorkingDirectory(root, folders)).ok);
  });
});
