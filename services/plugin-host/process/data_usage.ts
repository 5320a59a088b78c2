/** How much the private folders of plugins hold, and what happens when it is too much. */
import { join } from "node:path";

/** Of one plugin and connection. */
export const DATA_BYTES_MAX = 256 * 1024 * 1024;
/** So that a folder of empty files is no burden either. */
const FILES_MAX = 50_000;

export interface DataUsage {
  /** On the disk. */
  readonly bytes: number;
  readonly files: number;
}

/** Measures a folder without following links, up to what a plugin may have. A folder that is gone holds nothing. */
export async function measureFolder(folder: string): Promise<DataUsage> {
  let [bytes, files] = [0, 0];
  const waiting = [folder];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for await (const entry of listFolder(current)) {
      const path = join(current, entry.name);
      if (entry.isDirectory) waiting.push(path);
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info !== undefined) bytes += info.blocks === null ? info.size : info.blocks * 512;
      if (++files > FILES_MAX || bytes > 4 * DATA_BYTES_MAX) return { bytes, files };
    }
  }
  return { bytes, files };
}

/** Why a folder is too large; undefined if it isn't. */
export function judgeUsage({ bytes, files }: DataUsage): string | undefined {
  const mib = (value: number) => Math.round(value / 1024 / 1024);
  if (bytes > DATA_BYTES_MAX) {
    return `its data folder holds ${mib(bytes)} MiB, and the limit is ${mib(DATA_BYTES_MAX)} MiB`;
  }
  return files > FILES_MAX ? `its data folder holds more than ${FILES_MAX} files` : undefined;
}

interface DataUser {
  readonly dataFolder: string;
  fail(reason: string): void;
}

/** Ends the plugins whose data folders hold too much. */
export async function watchDataFolders(running: Iterable<DataUser>): Promise<void> {
  for (const [folder, processes] of Map.groupBy(running, ({ dataFolder }) => dataFolder)) {
    const reason = judgeUsage(await measureFolder(folder));
    if (reason === undefined) continue;
    for (const process of processes) process.fail(`The plugin was ended: ${reason}`);
  }
}

/** A plugin that changes its folder meanwhile is measured as it was found. */
async function* listFolder(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isGone) throw error;
  }
}
