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
  /** A part of it was closed even to its owner, who is the host's own user. */
  readonly isHidden?: true;
}

/** Measures a folder without following links, up to what a plugin may have. A folder that is gone holds nothing. */
export async function measureFolder(folder: string): Promise<DataUsage> {
  let [bytes, files] = [0, 0];
  const waiting = [folder];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    const entries = await listFolder(current, FILES_MAX + 1 - files);
    if (entries === undefined) return { bytes, files, isHidden: true };
    const paths = entries.map(({ name }) => join(current!, name));
    waiting.push(...paths.filter((_, index) => entries[index]?.isDirectory));
    files += entries.length;
    bytes += (await Promise.all(paths.map(bytesOnDisk))).reduce((sum, it) => sum + it, 0);
    if (files > FILES_MAX || bytes > 4 * DATA_BYTES_MAX) break;
  }
  return { bytes, files };
}

async function bytesOnDisk(path: string): Promise<number> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info === undefined) return 0;
  return info.blocks === null ? info.size : info.blocks * 512;
}

/** Why a folder is too large; undefined if it isn't. */
export function judgeUsage({ bytes, files, isHidden }: DataUsage): string | undefined {
  if (isHidden) return "its data folder can't be measured, as the plugin closed a part of it";
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

/**
 * At most `countMax` entries; undefined if it can't be read. A plugin that changes its folder meanwhile is measured as it
 * was found.
 */
async function listFolder(
  folder: string,
  countMax: number,
): Promise<Deno.DirEntry[] | undefined> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entries.push(entry) >= countMax) break;
    }
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    const isGone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isGone) throw error;
  }
  return entries;
}
