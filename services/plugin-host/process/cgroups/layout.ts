/** Where the control groups of this host's plugins lie, and what their files are called. */

/**
 * Folders of this host below the control groups that it runs in itself; with version 2 all three
 * are the same.
 */
export interface CgroupLayout {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly pids: string;
  readonly cpu: string;
}

/** What one plugin process may use with everything that it starts. */
export interface GroupLimits {
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly tasks: number;
}

/** Buffers of TCP, which version 1 counts apart from other memory. */
const TCP_BYTES_MAX = 64 * 1024 * 1024;

/** The folders of one group, for each controller. */
export function foldersOf({ memory, pids, cpu }: CgroupLayout, name: string): string[] {
  return [memory, pids, cpu].map((folder) => `${folder}/${name}`);
}

/**
 * Files of one group with what is to be written to each; those that a kernel doesn't have are left
 * out there.
 */
export function limitFiles(
  { version, memory, pids }: CgroupLayout,
  name: string,
  limits: GroupLimits,
): (readonly [file: string, value: string])[] {
  const bytes = String(limits.memoryBytes);
  const ofMemory = version === 2
    ? [["memory.max", bytes], ["memory.swap.max", "0"], ["memory.oom.group", "1"]]
    : [
      ["memory.limit_in_bytes", bytes],
      // Memory and swap together, so that nothing is swapped to make room.
      ["memory.memsw.limit_in_bytes", bytes],
      ["memory.kmem.tcp.limit_in_bytes", String(TCP_BYTES_MAX)],
    ];
  return [
    ...ofMemory.map(([file, value]) => [`${memory}/${name}/${file}`, value ?? ""] as const),
    [`${pids}/${name}/pids.max`, String(limits.tasks)],
  ];
}

/**
 * The file of a group that takes processes. With version 1 the one for single threads: the kernel
 * lets whoever moves a whole process wait for all processors, some ten milliseconds, and a shell
 * has but one thread [tried with Linux 6.18].
 */
export const ENTRY_FILE: Readonly<Record<1 | 2, string>> = { 1: "tasks", 2: "cgroup.procs" };

/** The files that tell what groups have used. */
export const USAGE_FILES: Readonly<Record<1 | 2, readonly string[]>> = {
  1: ["memory.oom_control", "cpuacct.usage"],
  2: ["memory.events", "cpu.stat"],
};

export interface GroupUsage {
  /** Processes that the kernel ended as the group took more memory than its limit. */
  readonly outOfMemory: number;
  /** Of everything that ever ran in the group, whether it was waited for or not. */
  readonly cpuSeconds: number;
}

/** By `grep`: lines of usage files behind their path and a colon. */
export const USAGE_PATTERN = "^(oom_kill |usage_usec |[0-9])";

/** @returns usages by the name of the group */
export function parseUsage(text: string): ReadonlyMap<string, GroupUsage> {
  const found = new Map<string, GroupUsage>();
  for (const line of text.split("\n")) {
    const match = /^.*\/([^/]+)\/([^/]+):(?:(oom_kill|usage_usec) )?(\d+)$/.exec(line);
    if (match === null) continue;
    const [, name = "", file, key, number] = match;
    const before = found.get(name) ?? { outOfMemory: 0, cpuSeconds: 0 };
    if (key === "oom_kill") found.set(name, { ...before, outOfMemory: Number(number) });
    const perSecond = key === "usage_usec" ? 1e6 : file === "cpuacct.usage" ? 1e9 : undefined;
    if (perSecond !== undefined) {
      found.set(name, { ...before, cpuSeconds: Number(number) / perSecond });
    }
  }
  return found;
}
