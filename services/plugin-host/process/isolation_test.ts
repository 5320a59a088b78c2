import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { RpcError, TransportError } from "../rpc/errors.ts";
import { measureFolder } from "./data_usage.ts";
import type { PluginProcess } from "./plugin_process.ts";
import { denoRuntime, type TestHost, withTestHost } from "../testing/test_host.ts";

const REFUSED = /Requires \w+ access|not found|specifier|--no-remote|--no-npm|requires unscoped/i;

async function refuses(process: PluginProcess, method: string, target: string): Promise<void> {
  await assert.rejects(process.call(method, { target }), (error) => {
    assert.ok(error instanceof RpcError, String(error));
    assert.match(error.message, REFUSED, `${method} ${target}`);
    return true;
  });
}

/** Runs `body` with a hostile plugin and a folder of secrets like the host's own. */
async function withProbe(
  network: readonly string[],
  body: (process: PluginProcess, secrets: string, host: TestHost) => Promise<void>,
): Promise<void> {
  await withTestHost(async (host) => {
    const secrets = join(host.root, ".codex");
    await Deno.mkdir(secrets);
    await Deno.writeTextFile(join(secrets, "encryption-key"), "SECRET");
    await Deno.writeTextFile(join(secrets, "keys.json"), '{"secret":true}');
    await Deno.writeTextFile(join(secrets, "keys.ts"), "export default 'SECRET';");
    await body(await host.start(host.deno("probe", network)), secrets, host);
  });
}

Deno.test("a Deno plugin imports no file outside its folder, in no way", async () => {
  await withProbe([], async (process, secrets) => {
    const key = pathToFileURL(join(secrets, "encryption-key")).href;
    for (const target of [key, "file:///etc/passwd"]) {
      await refuses(process, "importText", target);
      await refuses(process, "importStatically", target);
      await refuses(process, "worker", target).catch(() => refuses(process, "importText", target));
    }
    await refuses(process, "importJson", pathToFileURL(join(secrets, "keys.json")).href);
    await refuses(process, "importModule", pathToFileURL(join(secrets, "keys.ts")).href);
    await refuses(process, "importModule", "https://example.com/module.ts");
    await refuses(process, "importModule", "npm:zod");
    await refuses(process, "importModule", "jsr:@std/path");
  });
});

Deno.test("a Deno plugin whose own module imports a secret statically does not start", async () => {
  await withTestHost(async (host) => {
    const secret = join(host.root, "key.txt");
    await Deno.writeTextFile(secret, "SECRET");
    const json = join(host.root, "key.json");
    await Deno.writeTextFile(json, '"SECRET"');
    const imports = [
      `import key from "../../key.txt" with { type: "text" };`,
      `import key from "../../key.json" with { type: "json" };`,
      `import key from "file:///etc/passwd" with { type: "text" };`,
      `import * as key from "../../key.txt";`,
    ];
    for (const [index, line] of imports.entries()) {
      const folder = join(host.root, "plugins", `p${index}`);
      await Deno.mkdir(folder, { recursive: true });
      const entry = join(folder, "main.ts");
      await Deno.writeTextFile(entry, `${line}\nconsole.error("GOT", key);`);
      const target = { runtime: "deno", entry, folder, args: [] } as const;
      await assert.rejects(
        host.start({ ...host.deno("probe"), target, pluginFolder: folder }),
        (error) => error instanceof TransportError && error.kind === "crashed",
      );
      assert.doesNotMatch(host.log.join("\n"), /GOT/);
      assert.match(host.log.join("\n"), /Requires read access|Expected/);
      host.log.length = 0;
    }
  });
});

Deno.test("a Deno plugin reads, writes, lists, links and runs nothing outside its folders", async () => {
  await withProbe([], async (process, secrets, host) => {
    for (const target of ["/etc/passwd", join(secrets, "encryption-key"), "/proc/self/environ"]) {
      await refuses(process, "read", target);
      await refuses(process, "readByNode", target);
    }
    await refuses(process, "list", "/");
    await refuses(process, "list", join(host.root, "data"));
    await refuses(process, "run", "id");
    await refuses(process, "environment", "");
    for (const own of [denoRuntime.bootstrap, join(denoRuntime.sdkFolder, "mod.ts")]) {
      await refuses(process, "read", own);
      await refuses(process, "write", own);
    }
    await refuses(process, "write", join(host.deno("probe").pluginFolder ?? "", "main.ts"));
  });
});

Deno.test("a Deno plugin without a sandbox has a data folder that it can neither write nor read", async () => {
  await withProbe([], async (process, _secrets, host) => {
    const data = join(host.root, "data", "plugin", "system");
    assert.ok((await Deno.stat(data)).isDirectory);
    await refuses(process, "list", data);
    await refuses(process, "symlink", join(data, "link"));
    for (const path of ["note", "home/note", "tmp/note"]) {
      await refuses(process, "write", join(data, path));
    }
  });
});

Deno.test("what a plugin without a sandbox could fill is Deno's own cache, which goes with it", async () => {
  await withProbe([], async (process, _secrets, host) => {
    const inRun = async () =>
      (await Array.fromAsync(Deno.readDir(join(host.root, "run"))))
        .filter((it) => it.isDirectory).map(({ name }) => join(host.root, "run", name));
    assert.deepEqual([process.dataFolder], await inRun());
    const before = (await measureFolder(process.dataFolder)).bytes;
    await process.call("fillCache", { target: "4194304" });
    assert.ok((await measureFolder(process.dataFolder)).bytes >= before + 4_194_304);
    await process.close();
    assert.deepEqual(await inRun(), []);
  });
});

Deno.test("no driver of the system is loaded for a Deno plugin", async () => {
  await withProbe([], async (process) => {
    assert.deepEqual(await process.call("graphics", {}), { value: null });
  });
});

Deno.test("a test leaves nothing of its private folder", async () => {
  await withTestHost(async (host) => {
    const dataPath = ["plugin", "probe", "one"];
    const test = { ...host.deno("probe"), dataPath, isTest: true as const };
    const process = await host.start(test);
    const folder = join(host.root, "data", ...dataPath);
    assert.ok((await Deno.stat(folder)).isDirectory);
    await process.close();
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
    await assert.rejects(host.start({ ...test, workingDirectory: "/nonexistent" }));
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  });
});

Deno.test("Deno's cache is out of the plugin's reach, fresh at each start and gone at exit", async () => {
  await withProbe([], async (process, _secrets, host) => {
    const caches = async () =>
      (await Array.fromAsync(Deno.readDir(join(host.root, "run")))).filter((it) => it.isDirectory);
    const [cache] = await caches();
    assert.ok(cache);
    const folder = join(host.root, "run", cache.name);
    await refuses(process, "list", folder);
    await refuses(process, "write", join(folder, "planted"));
    assert.deepEqual(await process.call("localStorage", { target: "first" }), { value: null });
    await process.close();
    assert.deepEqual(await caches(), []);
    const again = await host.start(host.deno("probe"));
    assert.deepEqual(await again.call("localStorage", { target: "second" }), { value: null });
  });
});

Deno.test("without a grant a Deno plugin reaches no host", async () => {
  await withProbe([], async (process) => {
    await refuses(process, "fetch", "https://example.com/");
    await refuses(process, "fetch", "http://127.0.0.1:5432/");
    await refuses(process, "connect", "127.0.0.1 5432");
  });
});

Deno.test("a grant opens its host and port alone, and no local address by another name", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("ok"),
  );
  const { port } = server.addr;
  try {
    await withProbe([`localhost:${port}`, "openlibrary.org"], async (process) => {
      await refuses(process, "fetch", `http://127.0.0.1:${port}/`);
      await refuses(process, "fetch", `http://[::1]:${port}/`);
      await refuses(process, "fetch", "https://example.com/");
      await refuses(process, "fetch", "https://openlibrary.org:8443/");
      // The name is granted, the loopback address it stands for is not.
      await refuses(process, "connect", `localhost ${port}`);
    });
    await withProbe([`127.0.0.1:${port}`], async (process) => {
      assert.deepEqual(await process.call("fetch", { target: `http://127.0.0.1:${port}/` }), {
        value: 200,
      });
      await refuses(process, "fetch", `http://127.0.0.1:${port + 1}/`);
      await refuses(process, "fetch", "http://169.254.169.254/latest/meta-data/");
    });
  } finally {
    await server.shutdown();
  }
});
