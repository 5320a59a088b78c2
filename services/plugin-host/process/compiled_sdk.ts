/**
 * The SDK as Deno compiled it, made once by the host: each process gets a cache of its own (security.md "Environment"), and
 * would otherwise compile the same modules again. No module of a plugin is in it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { denoFlags } from "./deno_flags.ts";
import type { DenoRuntime } from "./launch_plan.ts";

const WARM_UP_MS_MAX = 20_000;
const PREFIX = "compiled-sdk-";
/** Another replica on the same folder may use a younger one. */
const LEFTOVER_MS_MIN = 24 * 3600 * 1000;

/** Where Deno looks, below its cache, for what it made of the SDK's modules. */
export function compiledPlace(denoDir: string, { sdkFolder }: DenoRuntime): string {
  return join(denoDir, "gen", "file", sdkFolder);
}

/**
 * Compiles the SDK into a new folder below `folder`.
 *
 * @returns the folder of its compiled modules, open to everyone, or undefined where that failed: it only saves time
 */
export async function compileSdk(
  runtime: DenoRuntime,
  folder: string,
): Promise<string | undefined> {
  await removeLeftovers(folder);
  const cache = await Deno.makeTempDir({ dir: folder, prefix: PREFIX });
  await Deno.chmod(cache, 0o755);
  const { importMap, sdkFolder, bootstrap, denoPath } = runtime;
  const readable = [sdkFolder, bootstrap];
  const flags = denoFlags({ importMap, readable, writable: [`${cache}/none`], network: [] });
  try {
    await new Deno.Command(denoPath, {
      args: [...flags, bootstrap, pathToFileURL(join(sdkFolder, "mod.ts")).href],
      clearEnv: true,
      env: { DENO_DIR: cache },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(WARM_UP_MS_MAX),
    }).output();
    const compiled = compiledPlace(cache, runtime);
    return (await Deno.stat(compiled)).isDirectory ? compiled : undefined;
  } catch {
    return undefined;
  }
}

/** Copies a folder of files and folders, whose parents are made where they are missing. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const entries = await Array.fromAsync(Deno.readDir(from));
  await Promise.all(entries.map(async ({ name, isDirectory }) => {
    const [source, target] = [join(from, name), join(to, name)];
    await (isDirectory ? copyFolder(source, target) : Deno.copyFile(source, target));
  }));
}

async function removeLeftovers(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const info = name.startsWith(PREFIX) ? await Deno.stat(path).catch(() => undefined) : undefined;
    const ageMs = Date.now() - (info?.mtime?.getTime() ?? Date.now());
    if (ageMs > LEFTOVER_MS_MIN) await Deno.remove(path, { recursive: true }).catch(() => {});
  }
}
