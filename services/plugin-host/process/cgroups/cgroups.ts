/**
 * Control groups: the kernel holds what plugins use, whichever way they use it (security.md "Memory
 * and CPU").
 */
import { runProgram } from "@codex/service/program";
import type { LaunchPlan } from "../launch_plan.ts";
import { Spares } from "../spares.ts";
import {
  type CgroupLayout,
  ENTRY_FILE,
  foldersOf,
  type GroupLimits,
  type GroupUsage,
  limitFiles,
  parseUsage,
  USAGE_FILES,
  USAGE_PATTERN,
} from "./layout.ts";
import { JOIN, REMOVE } from "./scripts.ts";

/** Absolute paths of the programs that work on groups. */
export interface GroupPrograms {
  readonly dash: string;
  readonly mkdir: string;
  readonly grep: string;
  /** Undefined where the host isn't root, and its plugins are its own user. */
  readonly setpriv: string | undefined;
}

/**
 * Processes and threads of one plugin, helpers of its sandbox included: a bound for where a
 * sandbox's own limit doesn't hold, which the kernel counts per sandbox from Linux 5.14 on.
 */
export const TASKS_MAX = 512;
/** Groups that are made at once, by one program. */
const SPARES = 4;
const PROGRAM_MS_MAX = 10_000;
/** Of some thousands of plugins. */
const USAGE_BYTES_MAX = 16 * 1024 * 1024;

export class Cgroups {
  readonly #layout: CgroupLayout;
  readonly #programs: GroupPrograms;
  readonly #spares: Spares<string>;

  constructor(layout: CgroupLayout, programs: GroupPrograms) {
    this.#layout = layout;
    this.#programs = programs;
    this.#spares = new Spares(() => this.#makeSpares());
  }

  get version(): 1 | 2 {
    return this.#layout.version;
  }

  /** A group that is made when its plan is run. */
  group(name: string, limits: GroupLimits): PluginGroup {
    return new PluginGroup(name, limits, this.#layout, this.#programs);
  }

  /** A group of any name, made before where one lies ready. */
  freshGroup(limits: GroupLimits): PluginGroup {
    return this.group(this.#spares.take() ?? crypto.randomUUID(), limits);
  }

  /** Makes groups for the next plugins; call it when nobody waits for a start. Never rejects. */
  async prepare(): Promise<void> {
    await this.#spares.refill();
  }

  /** Of every group, by its name. One that can't be read is left out. */
  async usages(): Promise<ReadonlyMap<string, GroupUsage>> {
    const { memory, cpu, version } = this.#layout;
    const { stdout } = await runProgram({
      command: this.#programs.grep,
      args: [
        "-rsHE",
        ...USAGE_FILES[version].map((file) => `--include=${file}`),
        ...["-e", USAGE_PATTERN, "--", ...new Set([memory, cpu])],
      ],
      timeoutMs: PROGRAM_MS_MAX,
      outputBytesMax: USAGE_BYTES_MAX,
    });
    return parseUsage(stdout);
  }

  /** Removes the host's own folders, once its last plugin is gone. */
  async close(): Promise<void> {
    const { memory, pids, cpu } = this.#layout;
    const spares = await this.#spares.takeAll();
    const folders = spares.flatMap((name) => foldersOf(this.#layout, name));
    await removeGroups(this.#programs, [...folders, memory, pids, cpu]);
  }

  async #makeSpares(): Promise<string[]> {
    const names = Array.from({ length: SPARES }, () => `spare-${crypto.randomUUID()}`);
    const folders = names.flatMap((name) => foldersOf(this.#layout, name));
    const { success } = await runProgram({
      command: this.#programs.mkdir,
      args: ["-p", "--", ...new Set(folders)],
      timeoutMs: PROGRAM_MS_MAX,
    });
    return success ? names : [];
  }
}

/** The group of one plugin process and of everything that it starts. */
export class PluginGroup {
  readonly #layout: CgroupLayout;
  readonly #programs: GroupPrograms;

  constructor(
    readonly name: string,
    readonly limits: GroupLimits,
    layout: CgroupLayout,
    programs: GroupPrograms,
  ) {
    this.#layout = layout;
    this.#programs = programs;
  }

  /**
   * Lets a plan enter the group before all else, as the host's own user: no other may enter one.
   */
  entered(plan: LaunchPlan): LaunchPlan {
    const { dash, mkdir, setpriv } = this.#programs;
    const user = plan.sandbox?.user;
    if (user !== undefined && setpriv === undefined) return plan;
    const becomeUser = user === undefined || setpriv === undefined ? [] : [
      ...[setpriv, "--reuid", String(user.uid), "--regid", String(user.gid)],
      ...["--clear-groups", "--"],
    ];
    return {
      ...plan,
      command: dash,
      args: [
        ...["-c", JOIN, "sh", mkdir, ENTRY_FILE[this.#layout.version]],
        ...foldersOf(this.#layout, this.name),
        ...limitFiles(this.#layout, this.name, this.limits).flat(),
        ...["--", ...becomeUser, plan.command, ...plan.args],
      ],
      ...(plan.sandbox !== undefined && { sandbox: { user: undefined } }),
    };
  }

  /** Why the kernel ended something in the group; undefined if it didn't. */
  async failure(): Promise<string | undefined> {
    const { version, memory } = this.#layout;
    const [file = ""] = USAGE_FILES[version];
    const { stdout } = await runProgram({
      command: this.#programs.grep,
      args: ["-sHE", "-e", USAGE_PATTERN, "--", `${memory}/${this.name}/${file}`],
      timeoutMs: PROGRAM_MS_MAX,
    });
    const usage = parseUsage(stdout).get(this.name);
    return usage !== undefined && usage.outOfMemory > 0
      ? outOfMemory(this.limits.memoryBytes)
      : undefined;
  }

  /** Ends what is still in it. Never rejects. */
  async remove(): Promise<void> {
    await removeGroups(this.#programs, foldersOf(this.#layout, this.name)).catch(() => {});
  }
}

export function outOfMemory(limitBytes: number): string {
  const mib = Math.round(limitBytes / 1024 / 1024);
  return `The plugin was ended: it took more memory than its limit of ${mib} MiB`;
}

async function removeGroups({ dash }: GroupPrograms, folders: readonly string[]): Promise<void> {
  await runProgram({
    command: dash,
    args: ["-c", REMOVE, "sh", ...new Set(folders)],
    timeoutMs: PROGRAM_MS_MAX,
  });
}
