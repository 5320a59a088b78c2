import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { requireTool } from "../../../../infra/test/tools.ts";
import {
  denoRuntime,
  type TestHost,
  withSandboxedHost,
  withTestHost,
} from "../../testing/test_host.ts";
import { compiledModules, compileSdk } from "./sdk.ts";
import { plainLauncher } from "../launch_plan.ts";
import importMap from "../runtime/import_map.json" with { type: "json" };
import type { StartRequest } from "../starter.ts";

/** A Deno plugin that uses the SDK, with what was compiled before. */
async function withCompiled(host: TestHost): Promise<StartRequest> {
  const compiledSdk = await compileSdk(denoRuntime, host.root);
  assert.ok(compiledSdk);
  assert.ok(
    (await Deno.stat(join(compiledModules(compiledSdk.cache, denoRuntime), "mod.ts.js"))).isFile,
  );
  const folder = join(denoRuntime.sdkFolder, "..", "metadata-echo");
  return {
    ...host.deno("probe"),
    launcher: plainLauncher(2, { ...denoRuntime, compiledSdk }),
    target: { runtime: "deno", entry: join(folder, "main.ts"), folder, args: [] },
    pluginFolder: folder,
  };
}

Deno.test("the SDK is compiled once, and copied into the cache of each process", async () => {
  await withTestHost(async (host) => {
    const process = await host.start(await withCompiled(host));
    const place = compiledModules(process.dataFolder, denoRuntime);
    assert.ok((await Deno.stat(join(place, "mod.ts.js"))).isFile);
    assert.equal(await process.call("ping", {}), "pong");
  });
});

Deno.test({
  name: "in a sandbox the compiled SDK is shown, and the plugin starts",
  ignore: requireTool("bwrap") === "skip",
  fn: () =>
    withSandboxedHost(async (host) => {
      const process = await host.start(host.sandboxed(await withCompiled(host)));
      assert.equal(await process.call("ping", {}), "pong");
    }),
});

Deno.test("all that a plugin may import is compiled", async () => {
  const folder = await Deno.makeTempDir();
  const compiledSdk = await compileSdk(denoRuntime, folder);
  assert.ok(compiledSdk);
  const compiled = compiledModules(compiledSdk.cache, denoRuntime);
  for (const path of Object.values(importMap.imports)) {
    assert.ok((await Deno.stat(join(compiled, `${basename(path)}.js`))).isFile, path);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an SDK that can't be compiled costs nothing but time", async () => {
  const folder = await Deno.makeTempDir();
  const runtime = { ...denoRuntime, sdkFolder: join(folder, "none") };
  assert.equal(await compileSdk(runtime, folder), undefined);
  await Deno.remove(folder, { recursive: true });
});
