/** How much the private folders of plugins hold, and what happens when it is too much. */

import { runProgram } from "@codex/service/program";
import { type FileHolder, measureUnlinked } from "./disk/unlinked_files.ts";

/** Of one plugin and connection. */
export const DATA_BYTES_MAX = 256 * 1024 * 1024;
/** So that a folder of empty files is no burden either. */
const FILES_MAX = 50_000;
/** More than any folder takes that is not far beyond its limits. */
const MEASURING_MS_MAX = 20_000;

export interface DataUsage {
  /** On the disk. */
  readonly bytes: number;
  readonly files: number;
  /** It can't be told, as the plugin closed a part of it to its owner, or made it so large that looking takes too long. */
  readonly isHidden?: true;
}

const NOTHING: DataUsage = { bytes: 0, files: 0 };

/**
 * Measures folders without following links. One that is gone holds nothing.
 *
 * By `du`: a plugin may name files by bytes that are no UTF-8, which Deno can't look at, and nest folders so deeply that no path
 * leads to them.
 */
export async function measureFolders(
  folders: readonly string[],
): Promise<ReadonlyMap<string, DataUsage>> {
  if (folders.length === 0) return new Map();
  const [kib, inodes] = await Promise.all([runDu("-k", folders), runDu("--inodes", folders)]);
  const isLate = kib.isLate || inodes.isLate;
  const usages = folders.map(async (folder): Promise<readonly [string, DataUsage]> => {
    const [size, count] = [kib.numbers.get(folder), inodes.numbers.get(folder)];
    if (isLate && (size === undefined || count === undefined)) {
      // Others before it may have taken the time.
      return [
        folder,
        folders.length === 1 ? { ...NOTHING, isHidden: true } : await measureFolder(folder),
      ];
    }
    const usage = { bytes: (size ?? 0) * 1024, files: (count ?? 1) - 1 };
    return [folder, kib.isClosed(folder) ? { ...usage, isHidden: true } : usage];
  });
  return new Map(await Promise.all(usages));
}

export async function measureFolder(folder: string): Promise<DataUsage> {
  return (await measureFolders([folder])).get(folder) ?? NOTHING;
}

interface DuOutcome {
  /** Of the folders that are there. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Whether a part of the folder can't be read. */
  isClosed(folder: string): boolean;
  /** It was ended before it had seen everything. */
  readonly isLate: boolean;
}

/** Where it isn't installed nothing can be told. */
async function runDu(unit: "-k" | "--inodes", folders: readonly string[]): Promise<DuOutcome> {
  const { stdout, stderr, isLate } = await runProgram({
    command: "du",
    args: ["-s", unit, "--", ...folders],
    timeoutMs: MEASURING_MS_MAX,
    // A plugin may give cause for a complaint about each of a million folders.
    outputBytesMax: OUTPUT_BYTES_MAX,
  }).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return NOTHING_TOLD;
    throw error;
  });
  const lines = [...stdout.matchAll(/^(\d+)\t(.*)$/gm)];
  return {
    numbers: new Map(lines.map(([, number, folder]) => [folder ?? "", Number(number)])),
    isClosed: (folder) => stderr.includes(`cannot read directory '${folder}`),
    isLate,
  };
}

const NOTHING_TOLD = { stdout: "", stderr: "", isLate: false };
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/** Why a folder is too large; undefined if it isn't. */
export function judgeUsage({ bytes, files, isHidden }: DataUsage): string | undefined {
  if (isHidden) return "its data folder can't be measured, as a part of it is closed or too large";
  const mib = (value: number) => Math.round(value / 1024 / 1024);
  if (bytes > DATA_BYTES_MAX) {
    return `its data folder holds ${mib(bytes)} MiB, and the limit is ${mib(DATA_BYTES_MAX)} MiB`;
  }
  return files > FILES_MAX ? `its data folder holds more than ${FILES_MAX} files` : undefined;
}

interface DataUser extends FileHolder {
  fail(reason: string): void;
}

/** Ends the plugins whose data folders, with their files that have no name, hold too much. */
export async function watchDataFolders(running: Iterable<DataUser>): Promise<void> {
  const users = Map.groupBy(running, ({ dataFolder }) => dataFolder);
  const [usages, unlinked] = await Promise.all([
    measureFolders([...users.keys()]),
    measureUnlinked([...users.values()].flat()),
  ]);
  for (const [folder, usage] of usages) {
    const reason = judgeUsage({ ...usage, bytes: usage.bytes + (unlinked.get(folder) ?? 0) });
    if (reason === undefined) continue;
    for (const process of users.get(folder) ?? []) process.fail(`The plugin was ended: ${reason}`);
  }
}
