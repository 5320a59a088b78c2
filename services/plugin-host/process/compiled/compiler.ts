/**
 * Compiles plugins in a sandbox like their own: parsing what somebody wrote is work that may fail in
 * any way, and a module may import what only the host reads.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeDataFolder, removeFolder } from "../data_folder.ts";
import type { DenoRuntime } from "../deno_runtime.ts";
import { type DenoTarget, type Launcher, plainLauncher } from "../launch_plan.ts";
import { sandboxLauncher } from "../sandbox/bubblewrap.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { run } from "../sandbox/trial.ts";
import type { Compile } from "./plugin_caches.ts";

/** @param folder takes the private folder of each; the sandbox's user must be able to pass it */
export function compilerIn(sandbox: Sandbox, runtime: DenoRuntime, folder: string): Compile {
  const launcher = sandboxLauncher(compilingLauncher(runtime), sandbox);
  return async (target, take) => {
    const name = `compile-${crypto.randomUUID()}`;
    const user = await launcher.userOf(join(folder, name));
    const data = await makeDataFolder(folder, [name], user);
    try {
      const plan = await launcher.plan({
        target,
        pluginFolder: target.folder,
        workingDirectory: target.folder,
        environment: {},
        network: [],
        folders: { data, denoDir: `${data}-cache` },
        user,
      });
      const { success, text } = await run(plan);
      if (!success) throw new Error(text);
      await take(cacheIn(data));
    } finally {
      await removeFolder(data);
    }
  };
}

const cacheIn = (data: string) => join(data, "cache");

/** The plans of a Deno plugin, which compile it instead of running it. */
function compilingLauncher(runtime: DenoRuntime): Launcher {
  const { compiledSdk: _, ...rest } = runtime;
  const launcher = plainLauncher(2, rest);
  return {
    ...launcher,
    async plan(request) {
      const plan = await launcher.plan(request);
      if (request.target.runtime !== "deno") return plan;
      return {
        ...plan,
        args: compileArguments(runtime, request.target),
        env: { ...plan.env, DENO_DIR: cacheIn(request.folders.data) },
      };
    },
  };
}

function compileArguments({ importMap, bootstrap }: DenoRuntime, { entry }: DenoTarget): string[] {
  return [
    ...["cache", "--quiet", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
    `--import-map=${importMap}`,
    bootstrap,
    pathToFileURL(entry).href,
  ];
}
