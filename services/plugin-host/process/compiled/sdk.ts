/**
 * The SDK as Deno compiled it, made once by the host: each process gets a cache of its own (security.md "Environment"), and
 * would otherwise compile the same modules again. No module of a plugin is in it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { runProgram } from "@codex/service/program";
import { denoFlags } from "../deno_flags.ts";
import type { CompiledSdk, DenoRuntime } from "../deno_runtime.ts";
import { removeOld } from "../old_entries.ts";

const WARM_UP_MS_MAX = 20_000;
const PREFIX = "compiled-sdk-";
/** Another replica on the same folder may use a younger one. */
const LEFTOVER_MS_MIN = 24 * 3600 * 1000;
/** Deno's database of what it found out about imports. */
const ANALYSIS = "dep_analysis_cache";
/** The modules as compiled, and that; the rest of a cache costs more than it saves. */
const USEFUL = ["gen", ANALYSIS];

const ImportMap = z.object({ imports: z.record(z.string(), z.string()) });

/** Where Deno looks, below its cache, for what it made of the modules of a folder. */
export function modulesOf(denoDir: string, folder: string): string {
  return join(denoDir, "gen", "file", folder);
}

export function compiledModules(denoDir: string, { sdkFolder }: DenoRuntime): string {
  return modulesOf(denoDir, sdkFolder);
}

/**
 * Compiles the SDK into a new folder below `folder`.
 *
 * @returns undefined where that failed: it only saves time
 */
export async function compileSdk(
  runtime: DenoRuntime,
  folder: string,
): Promise<CompiledSdk | undefined> {
  await removeOld(folder, { prefix: PREFIX, now: Date.now(), ageMsMin: LEFTOVER_MS_MIN });
  const made = await Deno.makeTempDir({ dir: folder, prefix: PREFIX });
  await Deno.chmod(made, 0o755);
  const cache = join(made, "cache");
  try {
    await runOnce(runtime, cache, await writeMainModule(runtime, made));
    await removeAllBut(USEFUL, cache);
    const analysis = await wholeDatabase(cache);
    const { isDirectory } = await Deno.stat(compiledModules(cache, runtime));
    return isDirectory ? { cache, analysis } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A module that imports all a plugin may import. A sandbox shows the compiled modules read-only, where Deno tries for
 * 150 ms to write one that is missing.
 */
async function writeMainModule({ importMap }: DenoRuntime, folder: string): Promise<string> {
  const { imports } = ImportMap.parse(JSON.parse(await Deno.readTextFile(importMap)));
  const path = join(folder, "everything.mjs");
  const names = Object.keys(imports);
  await Deno.writeTextFile(path, names.map((name) => `import "${name}";\n`).join(""));
  return path;
}

async function runOnce(runtime: DenoRuntime, cache: string, mainModule: string): Promise<void> {
  const { importMap, bootstrap, denoPath } = runtime;
  const flags = denoFlags({
    ...{ importMap, readable: [mainModule], writable: [], network: [] },
    isForwarded: false,
  });
  await runProgram({
    command: denoPath,
    args: [...flags, bootstrap, pathToFileURL(mainModule).href],
    env: { DENO_DIR: cache },
    timeoutMs: WARM_UP_MS_MAX,
  });
}

async function removeAllBut(prefixes: readonly string[], folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (prefixes.some((prefix) => name.startsWith(prefix))) continue;
    await Deno.remove(join(folder, name), { recursive: true });
  }
}

/**
 * Takes up what SQLite keeps beside its file in a log, which a process that was ended leaves behind.
 * @returns the path of the file
 * @throws {Error} if there is none
 */
async function wholeDatabase(cache: string): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(cache))).map(({ name }) => name);
  const name = names.find((it) => it.startsWith(ANALYSIS) && !/-(wal|shm)$/.test(it));
  if (name === undefined) throw new Error(`Deno has made no "${ANALYSIS}"`);
  const path = join(cache, name);
  // Loaded here alone: it takes memory for as long as the host runs.
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return path;
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
