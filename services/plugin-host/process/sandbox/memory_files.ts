/**
 * The folders of a sandbox that lie in memory. An empty file there takes a kilobyte of the kernel's
 * memory that no limit of bytes counts, and bubblewrap has no option for the number of files. So
 * one file system for all of them is mounted in a namespace around bubblewrap, with both limits.
 */
import type { OuterStep } from "./outer_script.ts";

export interface MemoryFiles {
  readonly unsharePath: string;
  readonly mountPath: string;
  /** Undefined where it is not installed. */
  readonly copyPath: string | undefined;
  /**
   * An empty folder that everyone can reach; only the sandbox's own namespace sees what is mounted
   * there.
   */
  readonly place: string;
}

/** Of all folders in memory together, or of each where they can't be mounted as one. */
const BYTES_MAX = 64 * 1024 * 1024;
const FILES_MAX = 8192;

const FOLDERS = ["tmp", "shm", "cache"] as const;
export type MemoryFolder = typeof FOLDERS[number];

/**
 * Arguments of bwrap that make all folders in memory, to stand before those that show them. Only
 * there can bwrap make them without a program more: where the whole file system is bound. `place`
 * must be hidden by a folder of them later.
 */
export function memoryFolders(files: MemoryFiles | undefined, place: string): string[] {
  if (files === undefined) return [];
  const making = FOLDERS.flatMap((name) => ["--perms", "1777", "--dir", `${place}/${name}`]);
  return ["--bind", files.place, place, ...making];
}

/**
 * Arguments of bwrap that show a folder in memory at `path`. "Try", as bwrap looks for sources
 * before it makes any folder. Were it missing then, the place would be a folder that can't be
 * written to.
 */
export function memoryFolder(
  files: MemoryFiles | undefined,
  name: MemoryFolder,
  path: string,
): string[] {
  return files === undefined
    ? ["--size", String(BYTES_MAX), "--tmpfs", path]
    : ["--bind-try", `${files.place}/${name}`, path];
}

const MOUNT_STEP = `
"$1" -t tmpfs -o "$2" tmpfs "$3" || exit 1
shift 3
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
  const { mountPath, place } = files;
  const limits = `size=${BYTES_MAX},nr_inodes=${FILES_MAX},mode=0755`;
  return [{ script: MOUNT_STEP, args: [mountPath, limits, place] }];
}

/**
 * Lets the folder `cache` begin as a copy of the folder `from`; to run after
 * {@linkcode memorySteps}. That only saves time, so nothing is stopped by its failure.
 */
export function cacheStep(files: MemoryFiles | undefined, from: string | undefined): OuterStep[] {
  if (files?.copyPath === undefined || from === undefined) return [];
  const script = `"$1" -r -- "$2" "$3" 2>/dev/null\nshift 3`;
  return [{ script, args: [files.copyPath, from, `${files.place}/cache`] }];
}
