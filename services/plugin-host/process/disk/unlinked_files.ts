/**
 * What plugins keep of the disk in files that have no name any more, where no walk through folders
 * finds it.
 */
import { runProgram } from "@codex/service/program";
import { listProcesses, ProcessTable } from "../process_table.ts";

export interface FileHolder {
  readonly pid: number;
  readonly dataFolder: string;
}

const PROGRAM_MS_MAX = 10_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
/** In which `find` tells the size of a file on the disk. */
const BLOCK_BYTES = 512;

/**
 * Bytes on disks that belong to files without a name, which processes of plugins hold open or
 * mapped; by the plugin's data folder. On whichever disk: SQLite keeps its temporary files in
 * /var/tmp, and needs no permission of Deno's for that. Left out is what a plugin closed to being
 * looked at, which it can't where the host is root, and what lies in a socket on its way.
 */
export async function measureUnlinked(
  holders: Iterable<FileHolder>,
): Promise<ReadonlyMap<string, number>> {
  const byFolder = Map.groupBy(holders, ({ dataFolder }) => dataFolder);
  if (byFolder.size === 0) return new Map();
  const table = new ProcessTable(await listProcesses());
  const folderOf = new Map(
    [...byFolder].flatMap(([folder, users]) =>
      users.flatMap(({ pid }) => table.family(pid)).map(({ pid }) => [pid, folder] as const)
    ),
  );
  const found = new Map<string, Map<string, number>>();
  const devices = new Set(await Promise.all([...byFolder.keys()].map(deviceOf)));
  for (const { pid, device, type, inode, bytes } of await listUnlinked([...folderOf.keys()])) {
    if (!devices.has(device) && !isOnDisk(device, type)) continue;
    const folder = folderOf.get(pid) ?? "";
    const files = found.get(folder) ?? new Map<string, number>();
    // One that is open several times takes its place once.
    files.set(`${device} ${inode}`, bytes);
    found.set(folder, files);
  }
  return new Map(
    [...found].map(([folder, files]) => [folder, files.values().reduce((sum, it) => sum + it, 0)]),
  );
}

async function deviceOf(folder: string): Promise<number | undefined> {
  return (await Deno.lstat(folder).catch(() => undefined))?.dev;
}

/**
 * Of file systems. "unknown" is one that the host has not mounted, as those in a sandbox's memory.
 */
const NO_DISK = ["tmpfs", "ramfs", "devtmpfs", "hugetlbfs", "proc", "sysfs", "unknown"];

/** What is in memory is held by other limits. */
function isOnDisk(device: number, type: string): boolean {
  // Only what has no device of its own has this number (Linux, `new_encode_dev`).
  const major = Math.floor(device / 256) % 4096;
  return major !== 0 || !NO_DISK.includes(type);
}

interface UnlinkedFile {
  readonly pid: number;
  readonly device: number;
  /** Of its file system. */
  readonly type: string;
  readonly inode: string;
  readonly bytes: number;
}

/** By `find`, which follows the links of /proc; where it isn't installed nothing can be told. */
async function listUnlinked(pids: readonly number[]): Promise<UnlinkedFile[]> {
  if (pids.length === 0) return [];
  // Mapped files may be looked at by root alone.
  const folders = pids.flatMap((pid) => [`/proc/${pid}/fd`, `/proc/${pid}/map_files`]);
  const { stdout } = await runProgram({
    command: "find",
    args: [
      ...["-L", ...folders, "-maxdepth", "1", "-type", "f", "-links", "0"],
      ...["-printf", "%H %D %i %b %F\\n"],
    ],
    timeoutMs: PROGRAM_MS_MAX,
    outputBytesMax: OUTPUT_BYTES_MAX,
  }).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return { stdout: "" };
    throw error;
  });
  const lines = stdout.matchAll(/^\/proc\/(\d+)\/\w+ (\d+) (\d+) (\d+) (\S*)$/gm);
  return [...lines].map(([, pid, device, inode = "", blocks, type = ""]) => ({
    pid: Number(pid),
    device: Number(device),
    type,
    inode,
    bytes: Number(blocks) * BLOCK_BYTES,
  }));
}
