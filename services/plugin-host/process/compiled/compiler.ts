/**
 * Compiles plugins in a sandbox like their own: parsing what somebody wrote is work that may fail in
 * any way, and a module may import what only the host reads.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeDataFolder, removeFolder } from "../data_folder.ts";
import type { DenoRuntime } from "../deno_runtime.ts";
import { type DenoTarget, type Launcher, plainLauncher } from "../launch_plan.ts";
import { removeOld } from "../old_entries.ts";
import { sandboxLauncher } from "../sandbox/bubblewrap.ts";
import { outerCommand, type OuterStep } from "../sandbox/outer_script.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { run } from "../sandbox/trial.ts";
import type { Compile } from "./plugin_caches.ts";

/** Of one process. The largest folder that is compiled at all takes half of it [tried]. */
const MEMORY_BYTES_MAX = 1024 ** 3;

/**
 * No watchdog looks at a compiler, and what it loads may have no end: `/dev/zero` is a module, too.
 * Not of address space, of which V8 reserves more than there is memory.
 */
const MEMORY_LIMIT: OuterStep = {
  script: `ulimit -d ${MEMORY_BYTES_MAX / 1024} || exit 1`,
  args: [],
};

const PREFIX = "compile-";
/** Another replica on the same folder may work in a younger one. */
const LEFTOVER_MS_MIN = 3_600_000;

/** @param folder takes the private folder of each; the sandbox's user must be able to pass it */
export function compilerIn(sandbox: Sandbox, runtime: DenoRuntime, folder: string): Compile {
  const launcher = sandboxLauncher(compilingLauncher(runtime, sandbox.dashPath), sandbox);
  return async (target, take, signal) => {
    const name = `${PREFIX}${crypto.randomUUID()}`;
    // One for all: nothing of a plugin runs, and a user of its own would be taken for an hour.
    const user = await launcher.userOf(join(folder, "compile"));
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
      const { success, text } = await run(plan, signal);
      if (!success) throw new Error(text);
      await take(cacheIn(data));
    } finally {
      await removeFolder(data);
    }
  };
}

/** Removes what hosts left behind that were killed while they compiled. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  await removeOld(folder, { prefix: PREFIX, now, ageMsMin: LEFTOVER_MS_MIN, remove: removeFolder });
}

const cacheIn = (data: string) => join(data, "cache");

/** The plans of a Deno plugin, which compile it instead of running it. */
function compilingLauncher(runtime: DenoRuntime, dashPath: string): Launcher {
  const { compiledSdk: _, ...rest } = runtime;
  const launcher = plainLauncher(2, rest);
  return {
    ...launcher,
    async plan(request) {
      const plan = await launcher.plan(request);
      if (request.target.runtime !== "deno") return plan;
      const [command = "", ...args] = [
        ...outerCommand(dashPath, [MEMORY_LIMIT]),
        ...[plan.command, ...compileArguments(runtime, request.target)],
      ];
      return {
        ...plan,
        command,
        args,
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
