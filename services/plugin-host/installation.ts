/** Where this installation keeps what plugin-host needs, and what the machine has. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandPolicy } from "./process/command_policy.ts";
import { SEARCH_PATH } from "./process/command_policy.ts";
import type { DenoRuntime } from "./process/launch_plan.ts";

export interface Installation {
  /** Built-in plugins first: they win on equal names. */
  readonly pluginsFolders: readonly string[];
  readonly commandPolicy: CommandPolicy;
  readonly denoRuntime: DenoRuntime;
  /** Holds the data folder of every plugin and connection. */
  readonly dataRoot: string;
  /** Holds a fresh folder for each process, out of the reach of plugins. */
  readonly processFolder: string;
  /** Undefined where it is not installed. */
  readonly setprivPath: string | undefined;
}

export async function findInstallation(config: {
  readonly dataDir: string;
  readonly pluginsDir: string;
  readonly allowedCommands: readonly string[];
}): Promise<Installation> {
  const builtIn = pathOf("../../plugins");
  const pluginsFolders = [builtIn, resolve(config.pluginsDir)];
  const denoPath = Deno.execPath();
  await Deno.mkdir(config.dataDir, { recursive: true });
  const dataDir = await Deno.realPath(config.dataDir);
  return {
    pluginsFolders,
    commandPolicy: { allowedExtra: config.allowedCommands, pluginsFolders, denoPath },
    denoRuntime: {
      denoPath,
      bootstrap: pathOf("./process/runtime/bootstrap.mjs"),
      importMap: pathOf("./process/runtime/import_map.json"),
      sdkFolder: join(builtIn, "sdk"),
    },
    dataRoot: join(dataDir, "plugin-data"),
    processFolder: join(dataDir, "plugin-processes"),
    setprivPath: await findProgram("setpriv"),
  };
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of SEARCH_PATH) {
    const path = join(folder, name);
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile) return path;
  }
  return undefined;
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
