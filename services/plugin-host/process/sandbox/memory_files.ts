/**
 * The folders of a sandbox that lie in memory. An empty file there takes a kilobyte of the kernel's memory that no limit of bytes
 * counts, and bubblewrap has no option for the number of files. So one file system for all of them is mounted in a namespace
 * around bubblewrap, with both limits.
 */
import type { OuterStep } from "./outer_script.ts";

export interface MemoryFiles {
  readonly unsharePath: string;
  readonly mountPath: string;
  readonly mkdirPath: string;
  /** An empty folder that everyone can reach; only the sandbox's own namespace sees what is mounted there. */
  readonly place: string;
}

/** Of all folders in memory together, or of each where they can't be mounted as one. */
const BYTES_MAX = 64 * 1024 * 1024;
const FILES_MAX = 8192;

const FOLDERS = ["tmp", "shm", "cache"] as const;
export type MemoryFolder = typeof FOLDERS[number];

/** Arguments of bwrap that show a folder in memory at `path`. */
export function memoryFolder(
  files: MemoryFiles | undefined,
  name: MemoryFolder,
  path: string,
): string[] {
  return files === undefined
    ? ["--size", String(BYTES_MAX), "--tmpfs", path]
    : ["--bind", `${files.place}/${name}`, path];
}

const MOUNT_STEP = `
"$1" -t tmpfs -o "$2" tmpfs "$3" || exit 1
"$4" -m 1777 "$3/$5" "$3/$6" "$3/$7" || exit 1
shift 7
`;

/** The command line around a namespace whose root may mount, for a sandbox that has no other. */
export function memoryNamespace(files: MemoryFiles | undefined): string[] {
  return files === undefined
    ? []
    : [files.unsharePath, "--user", "--map-root-user", "--mount", "--"];
}

/** What runs in that namespace before bubblewrap. */
export function memorySteps(files: MemoryFiles | undefined): OuterStep[] {
  if (files === undefined) return [];
  const { mountPath, mkdirPath, place } = files;
  const limits = `size=${BYTES_MAX},nr_inodes=${FILES_MAX},mode=0755`;
  return [{ script: MOUNT_STEP, args: [mountPath, limits, place, mkdirPath, ...FOLDERS] }];
}
