/** Finds out, by trying, whether the host may use control groups. */
import { type ProgramOutcome, runProgram } from "@codex/service/program";
import { Cgroups, type GroupPrograms, TASKS_MAX } from "./cgroups.ts";
import type { CgroupLayout } from "./layout.ts";
import { HOST_FOLDER_PREFIX, PREPARE_V1, PREPARE_V2, PROBE, TAKE_MEMORY } from "./scripts.ts";

export type CgroupDetection =
  | { readonly available: true; readonly cgroups: Cgroups }
  | { readonly available: false; readonly reason: string };

export interface CgroupOptions {
  readonly findProgram: (name: string) => Promise<string | undefined>;
  /** Where control groups are mounted. */
  readonly root: string;
  /** What the kernel tells about this process; found out unless given. */
  readonly probed?: CgroupProbe;
  readonly isRoot: boolean;
}

export interface CgroupProbe {
  /** The host's pid and when it began. */
  readonly hostId: string;
  /** Of version 2, at the root. */
  readonly controllers: readonly string[];
  /** Lines of /proc/self/cgroup. */
  readonly own: string;
}

const PROGRAM_MS_MAX = 10_000;
/** Less than what the trial takes. */
const TRIAL_BYTES = 32 * 1024 * 1024;

export async function detectCgroups(options: CgroupOptions): Promise<CgroupDetection> {
  if (Deno.build.os !== "linux") return missing("only Linux has control groups");
  const programs = await findPrograms(options);
  if (typeof programs === "string") return missing(programs);
  const probe = options.probed ?? await probeOf(programs.dash, options.root);
  const hostName = `${HOST_FOLDER_PREFIX}${probe.hostId}`;
  const layout = probe.controllers.includes("memory")
    ? await prepareV2(programs.dash, hostName, options.root, probe)
    : await prepareV1(programs.dash, hostName, options.root, probe);
  if (typeof layout === "string") return missing(layout);
  const cgroups = new Cgroups(layout, programs);
  const fault = await findFault(cgroups, programs.dash);
  if (fault === undefined) return { available: true, cgroups };
  await cgroups.close();
  return missing(fault);
}

/** How the limits of plugins are kept, to follow "of each plugin". */
export function describeLimits(detection: CgroupDetection): string {
  return detection.available
    ? `the kernel holds memory and counts CPU time (cgroups version ${detection.cgroups.version})`
    : `memory and CPU time are looked at every second or two, as control groups can't be used: ${detection.reason}`;
}

function missing(reason: string): CgroupDetection {
  return { available: false, reason };
}

async function findPrograms(
  { findProgram, isRoot }: CgroupOptions,
): Promise<GroupPrograms | string> {
  const names = ["dash", "mkdir", "grep", ...(isRoot ? ["setpriv"] : [])];
  const paths = await Promise.all(names.map(findProgram));
  const [dash, mkdir, grep, setpriv] = paths;
  if (
    dash === undefined || mkdir === undefined || grep === undefined || paths.includes(undefined)
  ) {
    const lacking = names.filter((_, index) => paths[index] === undefined);
    return `"${lacking.join('", "')}" is not installed`;
  }
  return { dash, mkdir, grep, setpriv };
}

function runScript(dash: string, script: string, args: string[]): Promise<ProgramOutcome> {
  return runProgram({
    command: dash,
    args: ["-c", script, "sh", ...args],
    timeoutMs: PROGRAM_MS_MAX,
  });
}

async function probeOf(dash: string, root: string): Promise<CgroupProbe> {
  const { stdout } = await runScript(dash, PROBE, [String(Deno.pid), root]);
  const [startedAt = "", controllers = "", ...own] = stdout.split("\n");
  return {
    hostId: `${Deno.pid}.${startedAt}`,
    controllers: controllers.split(" "),
    own: own.join("\n"),
  };
}

async function prepareV1(
  dash: string,
  hostName: string,
  root: string,
  { own }: CgroupProbe,
): Promise<CgroupLayout | string> {
  const places = ["memory", "pids", "cpuacct"].flatMap((controller) => {
    const mounted = `${root}/${controller}`;
    return [mounted + pathOf(own, (names) => names.includes(controller)), mounted];
  });
  const { success, stdout, stderr } = await runScript(dash, PREPARE_V1, [hostName, ...places]);
  const [memory, pids, cpu] = stdout.split("\n");
  if (!success || !memory || !pids || !cpu) return explain(stderr);
  return { version: 1, memory, pids, cpu };
}

async function prepareV2(
  dash: string,
  hostName: string,
  root: string,
  { own }: CgroupProbe,
): Promise<CgroupLayout | string> {
  // The host itself lies there since an earlier start.
  const path = pathOf(own, (names) => names.join() === "").replace(/\/codex-host$/, "");
  const { success, stdout, stderr } = await runScript(dash, PREPARE_V2, [hostName, root + path]);
  const [folder] = stdout.split("\n");
  if (!success || !folder) return explain(stderr);
  return { version: 2, memory: folder, pids: folder, cpu: folder };
}

/** The host's own group in the hierarchy with these controllers; "" for its root. */
function pathOf(own: string, isMeant: (controllers: readonly string[]) => boolean): string {
  for (const line of own.split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== "" && isMeant(controllers.split(","))) return path === "/" ? "" : path;
  }
  return "";
}

function explain(complaints: string): string {
  return complaints.split("\n")[0]?.replace(/^sh: \d+: /, "") || "the kernel refused it";
}

/**
 * Whether the kernel ends a program that takes more than its group may, tells of it, and counts its
 * time.
 */
async function findFault(cgroups: Cgroups, dash: string): Promise<string | undefined> {
  const group = cgroups.group("trial", { memoryBytes: TRIAL_BYTES, tasks: TASKS_MAX });
  const { command, args } = group.entered({
    command: dash,
    args: ["-c", TAKE_MEMORY],
    env: {},
    workingDirectory: "/",
    reads: [],
    fixedReads: [],
    notes: [],
  });
  try {
    const { stderr } = await runProgram({
      command,
      args,
      timeoutMs: PROGRAM_MS_MAX,
      outputBytesMax: 10_000,
    });
    const usage = (await cgroups.usages()).get("trial");
    if (usage === undefined) return explain(stderr);
    if (usage.outOfMemory === 0) return "a group that took more memory than its limit went on";
    return usage.cpuSeconds > 0 ? undefined : "the time that a group used is not counted";
  } finally {
    await group.remove();
  }
}
