import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import { denoRuntime, withSandboxedHost } from "../../testing/test_host.ts";
import { plainLauncher } from "../launch_plan.ts";
import { type Compile, PluginCaches } from "./plugin_caches.ts";
import { modulesOf } from "./sdk.ts";

async function withFolders(
  body: (folders: { readonly plugin: string; readonly caches: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const folders = { plugin: join(root, "plugin"), caches: join(root, "caches") };
    await Deno.mkdir(folders.plugin);
    await Deno.mkdir(folders.caches);
    await body(folders);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const targetIn = (folder: string) =>
  ({ runtime: "deno", entry: join(folder, "main.ts"), folder, args: [] }) as const;

/** Makes a cache as Deno does, of modules with the text of the plugin's main module. */
function fakeCompile(root: string, extra?: (cache: string) => Promise<void>) {
  let count = 0;
  const compile: Compile = async ({ entry, folder }, take) => {
    count++;
    const cache = await Deno.makeTempDir({ dir: root });
    const files = {
      [join(modulesOf(cache, folder), "main.ts.js")]: await Deno.readTextFile(entry),
      [join(modulesOf(cache, "/elsewhere"), "other.ts.js")]: "other",
      [join(cache, "dep_analysis_cache_v2")]: "database",
      [join(cache, "location_data", "more")]: "more",
    };
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await extra?.(cache);
    await take(cache);
  };
  return { compile, count: () => count };
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    found.push(...(isDirectory ? await filesBelow(path) : [path]));
  }
  return found.sort();
}

Deno.test("a plugin is compiled once, and again when it has changed", async () => {
  await withFolders(async ({ plugin, caches }) => {
    let now = Date.now();
    const { compile, count } = fakeCompile(dirname(caches));
    const kept = new PluginCaches(caches, compile, () => now);
    const target = targetIn(plugin);
    await Deno.writeTextFile(target.entry, "one");
    assert.equal(await kept.find(plugin), undefined);
    await kept.prepare(target);
    const cache = await kept.find(plugin) ?? "";
    assert.deepEqual(await filesBelow(cache), [
      join(cache, "dep_analysis_cache_v2"),
      join(modulesOf(cache, plugin), "main.ts.js"),
    ]);
    now += 60_000;
    await kept.prepare(target);
    assert.equal(count(), 1);

    await Deno.writeTextFile(target.entry, "second");
    await kept.prepare(target);
    assert.equal(count(), 1, "it was looked at just now");
    now += 60_000;
    await Promise.all([kept.prepare(target), kept.prepare(target)]);
    assert.equal(count(), 2);
    const text = await Deno.readTextFile(join(modulesOf(cache, plugin), "main.ts.js"));
    assert.equal(text, "second");

    now += 6 * 24 * 3600 * 1000;
    await kept.removeUnused();
    assert.equal(await kept.find(plugin), cache);
    now += 2 * 24 * 3600 * 1000;
    await kept.removeUnused();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(caches)), []);
  });
});

Deno.test("of what comes of a plugin only files are kept, and only so many", async () => {
  await withFolders(async ({ plugin, caches }) => {
    const secret = join(dirname(caches), "secret");
    await Deno.writeTextFile(secret, "secret");
    await Deno.writeTextFile(join(plugin, "main.ts"), "text");
    const linking = fakeCompile(
      dirname(caches),
      (cache) => Deno.symlink(secret, join(modulesOf(cache, plugin), "link.ts.js")),
    );
    const kept = new PluginCaches(caches, linking.compile);
    await kept.prepare(targetIn(plugin));
    const cache = await kept.find(plugin) ?? "";
    assert.equal((await filesBelow(cache)).length, 2);

    const large = fakeCompile(
      dirname(caches),
      (cache) => Deno.truncate(join(cache, "dep_analysis_cache_v2"), 65 * 1024 * 1024),
    );
    await Deno.writeTextFile(join(plugin, "main.ts"), "changed");
    await new PluginCaches(caches, large.compile).prepare(targetIn(plugin));
    assert.equal(large.count(), 1);
    const text = await Deno.readTextFile(join(modulesOf(cache, plugin), "main.ts.js"));
    assert.equal(text, "text", "what was kept before stays");
    assert.equal((await Array.fromAsync(Deno.readDir(caches))).length, 1);
  });
});

Deno.test({
  name: "a plugin is compiled in a sandbox, where nothing of the host's can be imported",
  ignore: requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const folder = join(host.root, "plugin");
      await Deno.mkdir(folder);
      const target = targetIn(folder);
      const { launcher } = host.sandboxed({
        ...host.deno("probe"),
        launcher: plainLauncher(2, denoRuntime),
      });
      const secret = join(host.root, "secret.ts");
      await Deno.writeTextFile(secret, `export const secret: string = "secret";`);
      await Deno.writeTextFile(target.entry, `import "${secret}";`);
      await launcher.prepare?.(target);
      assert.equal(await host.sandbox.caches?.find(folder), undefined);
      assert.deepEqual(
        (await Array.fromAsync(Deno.readDir(host.root))).filter(({ name }) =>
          name.startsWith("compile-")
        ),
        [],
      );

      const probe = { ...host.sandboxed(host.deno("probe")) };
      assert.ok(probe.target.runtime === "deno");
      await launcher.prepare?.(probe.target);
      const cache = await host.sandbox.caches?.find(probe.target.folder) ?? "";
      const compiled = join(modulesOf(cache, probe.target.folder), "main.ts.js");
      assert.ok((await Deno.stat(compiled)).isFile);
      const process = await host.start(probe);
      assert.deepEqual(await process.call("ping", {}), { value: "pong" });
    }),
});
