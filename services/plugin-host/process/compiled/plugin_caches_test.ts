import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import { denoRuntime, type SandboxedHost, withSandboxedHost } from "../../testing/test_host.ts";
import { waitUntil } from "../../testing/wait_until.ts";
import { plainLauncher } from "../launch_plan.ts";
import { removeLeftovers } from "./compiler.ts";
import { type Compile, PluginCaches } from "./plugin_caches.ts";
import { TRIAL_MS_MAX } from "../sandbox/trial.ts";
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

const { signal } = new AbortController();

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
    await kept.prepare(target, signal);
    const cache = await kept.find(plugin) ?? "";
    assert.deepEqual(await filesBelow(cache), [
      join(cache, "dep_analysis_cache_v2"),
      join(modulesOf(cache, plugin), "main.ts.js"),
    ]);
    now += 60_000;
    await kept.prepare(target, signal);
    assert.equal(count(), 1);

    await Deno.writeTextFile(target.entry, "second");
    await kept.prepare(target, signal);
    assert.equal(count(), 1, "it was looked at just now");
    now += 60_000;
    await Promise.all([kept.prepare(target, signal), kept.prepare(target, signal)]);
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

Deno.test("what was kept serves a plugin only as it was, whatever its files claim", async () => {
  await withFolders(async ({ plugin, caches }) => {
    const kept = new PluginCaches(caches, fakeCompile(dirname(caches)).compile);
    const link = join(dirname(caches), "link");
    await Deno.symlink(plugin, link);
    const target = targetIn(link);
    await Deno.writeTextFile(target.entry, "one");
    const { mtime } = await Deno.stat(target.entry);
    await kept.prepare(target, signal);
    assert.ok(await kept.find(link));
    // Deno tells the time of the last change to the second.
    await waitUntil(async () => {
      await Deno.writeTextFile(target.entry, "two");
      await Deno.utime(target.entry, mtime ?? 0, mtime ?? 0);
      return await kept.find(link) === undefined;
    }, "what was kept doesn't serve");
  });
});

Deno.test("a plugin that can't be compiled is tried again only when it has changed", async () => {
  await withFolders(async ({ plugin, caches }) => {
    let now = Date.now();
    let count = 0;
    const compile: Compile = () => Promise.reject(new Error(String(++count)));
    const kept = new PluginCaches(caches, compile, () => now);
    const target = targetIn(plugin);
    for (const [text, expected] of [["one", 1], ["one", 1], ["other", 2]] as const) {
      const before = await Deno.readTextFile(target.entry).catch(() => undefined);
      if (text !== before) await Deno.writeTextFile(target.entry, text);
      await kept.prepare(target, signal);
      assert.equal(count, expected);
      now += 60_000;
    }
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
    await kept.prepare(targetIn(plugin), signal);
    const cache = await kept.find(plugin) ?? "";
    assert.equal((await filesBelow(cache)).length, 2);

    const large = fakeCompile(
      dirname(caches),
      (cache) => Deno.truncate(join(cache, "dep_analysis_cache_v2"), 65 * 1024 * 1024),
    );
    await Deno.writeTextFile(join(plugin, "main.ts"), "changed");
    await new PluginCaches(caches, large.compile).prepare(targetIn(plugin), signal);
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
      await launcher.prepare?.(target, signal);
      assert.equal(await host.sandbox.caches?.find(folder), undefined);
      assert.deepEqual(
        (await Array.fromAsync(Deno.readDir(host.root))).filter(({ name }) =>
          name.startsWith("compile-")
        ),
        [],
      );

      const probe = { ...host.sandboxed(host.deno("probe")) };
      assert.ok(probe.target.runtime === "deno");
      await launcher.prepare?.(probe.target, signal);
      const cache = await host.sandbox.caches?.find(probe.target.folder) ?? "";
      const compiled = join(modulesOf(cache, probe.target.folder), "main.ts.js");
      assert.ok((await Deno.stat(compiled)).isFile);
      const process = await host.start(probe);
      assert.deepEqual(await process.call("ping", {}), { value: "pong" });
    }),
});

/** A plugin of one module, and the launcher that compiles it. */
async function modulePlugin(host: SandboxedHost, name: string, text: string) {
  const folder = join(host.root, name);
  await Deno.mkdir(folder);
  const target = targetIn(folder);
  await Deno.writeTextFile(target.entry, text);
  const request = { ...host.deno("probe"), launcher: plainLauncher(2, denoRuntime), target };
  return { ...host.sandboxed({ ...request, pluginFolder: folder }), target };
}

Deno.test({
  name: "compiling a plugin takes bounded memory, and one user for all plugins",
  ignore: requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const users = async () =>
        (await Array.fromAsync(Deno.readDir(join(host.root, "users"))).catch(() => [])).length;
      // A module without an end, which a plugin needn't load itself: all that matters is its name.
      const endless = await modulePlugin(
        host,
        "endless",
        `if (Deno.args.includes("never")) await import("/dev/zero");\nconst x: number = 1;`,
      );
      await endless.launcher.prepare?.(endless.target, signal);
      assert.ok(
        await host.sandbox.caches?.find(endless.target.folder),
        "its end was not waited for",
      );
      const before = await users();
      const other = await modulePlugin(host, "other", "export const x: number = 1;");
      await other.launcher.prepare?.(other.target, signal);
      assert.ok(await host.sandbox.caches?.find(other.target.folder));
      assert.equal(await users(), before);
    }),
});

Deno.test({
  name: "a host that closes doesn't wait for compilers, and what killed hosts left is removed",
  ignore: requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const closing = new AbortController();
      const waiting = await modulePlugin(
        host,
        "waiting",
        `if (Deno.pid < 0) await import("/dev/ptmx");`,
      );
      const folder = join(host.root, "sandbox");
      const compiling = async () =>
        (await Array.fromAsync(Deno.readDir(folder))).filter(({ name }) => /^compile-/.test(name));
      const prepared = waiting.launcher.prepare?.(waiting.target, closing.signal);
      const queued = waiting.launcher.prepare?.(host.deno("probe").target, closing.signal);
      await waitUntil(async () => (await compiling()).length === 1, "it is compiled");
      const closedAt = performance.now();
      closing.abort();
      await Promise.all([prepared, queued]);
      assert.ok(performance.now() - closedAt < TRIAL_MS_MAX, "it would be ended then anyway");
      assert.deepEqual(await compiling(), []);
      assert.equal(await host.sandbox.caches?.find(waiting.target.folder), undefined);

      for (const name of ["compile-old", "compile-young"]) await Deno.mkdir(join(folder, name));
      await Deno.utime(join(folder, "compile-old"), 0, 0);
      await removeLeftovers(folder, Date.now());
      assert.deepEqual((await compiling()).map(({ name }) => name), ["compile-young"]);
    }),
});
