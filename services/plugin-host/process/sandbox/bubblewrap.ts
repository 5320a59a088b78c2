/** The launcher of isolation level 3: the plan of the level below, inside bubblewrap (security.md "Isolation"). */
import type { Launcher, LaunchPlan, LaunchRequest } from "../launch_plan.ts";
import { isInside } from "../folders.ts";
import { memoryFolder, memoryFolders, memoryNamespace, memorySteps } from "./memory_files.ts";
import { openNetwork, type ProcessNetwork } from "./network.ts";
import { outerCommand, type OuterStep } from "./outer_script.ts";
import { PLUGIN_IDS, type Sandbox } from "./sandbox.ts";
import { isOfSystem, readOnly } from "./system_mounts.ts";

/** Processes and threads in one sandbox: the kernel counts them per user namespace (Linux 5.14). */
const PROCESSES_MAX = 64;
/** Of one file: what is written between two looks at the disk is in many. */
const FILE_BYTES_MAX = 128 * 1024 * 1024;
/**
 * Of one process. What sockets buffer is no process's memory: without control groups only their
 * number bounds it.
 */
const OPEN_FILES_MAX = 256;

const NAMESPACES = [
  ...["--unshare-user", "--uid", String(PLUGIN_IDS.uid), "--gid", String(PLUGIN_IDS.gid)],
  ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"],
  ...["--hostname", "plugin", "--disable-userns", "--die-with-parent", "--new-session"],
  // Root of a namespace around its own, bubblewrap would leave the plugin what root may do.
  ...["--cap-drop", "ALL"],
];

/** By dash itself, which counts files in blocks of 512 bytes: a program for it would delay each start. */
const LIMITS: OuterStep = {
  script: [
    `ulimit -p ${PROCESSES_MAX} || exit 1`,
    `ulimit -n ${OPEN_FILES_MAX} || exit 1`,
    `ulimit -f ${FILE_BYTES_MAX / 512} || exit 1`,
    "ulimit -c 0 || exit 1",
  ].join("\n"),
  args: [],
};

/**
 * bubblewrap's own two processes keep stdin and stdout open as long as they live, and close all but
 * the first three [tried]. So the plugin's go round them as 3 and 4, and the host learns at once
 * when the plugin closes one. Behind pasta, which keeps all that it is given, only a missed deadline
 * tells. By dash, as bash takes programs from the environment (SHELLOPTS, PS4).
 */
const PIPES_ASIDE: OuterStep = { script: "exec 3<&0 4>&1 </dev/null >/dev/null", args: [] };
const PIPES_BACK: OuterStep = { script: "exec <&3 >&4 3<&- 4>&-", args: [] };

/** bubblewrap takes the filter of system calls as an open file. */
const FILTER = ["--seccomp", "5"];
const filterStep = (path: string): OuterStep => ({ script: 'exec 5<"$1"\nshift', args: [path] });

/** Wraps the plans of `below`, level 2 for Deno plugins and level 1 for others. */
export function sandboxLauncher(below: Launcher, sandbox: Sandbox): Launcher {
  return {
    level: 3,
    userOf: async (dataFolder) => await sandbox.users?.userOf(dataFolder),
    async plan(request) {
      const plan = await below.plan({ ...request, isSandboxed: true });
      const network = await openNetwork(request, sandbox);
      try {
        return await wrap(plan, request, sandbox, network);
      } catch (error) {
        await network.close();
        throw error;
      }
    },
  };
}

async function wrap(
  plan: LaunchPlan,
  request: LaunchRequest,
  sandbox: Sandbox,
  network: ProcessNetwork,
): Promise<LaunchPlan> {
  const { dashPath: dash, memoryFiles } = sandbox;
  const [aside, back] = network.holdsPipes ? [[], []] : [[PIPES_ASIDE], [PIPES_BACK]];
  // What is around bubblewrap then is replaced by it, and holds no pipe: one shell less.
  const isReplaced = network.outer.length === 0;
  const outer = isReplaced ? memoryNamespace(memoryFiles) : network.outer;
  const steps = [...network.steps, ...memorySteps(memoryFiles), filterStep(sandbox.filterPath)];
  const [command = "", ...args] = [
    ...outerCommand(dash, isReplaced ? [] : aside),
    ...outer,
    ...outerCommand(dash, isReplaced ? [...aside, ...steps] : steps),
    ...[sandbox.bwrapPath, ...FILTER],
    ...NAMESPACES,
    ...network.options,
    ...await mountsOf(plan, request, sandbox),
    ...network.mounts,
    // After all mounts: until then bwrap itself makes the folders for them.
    ...["--remount-ro", "/", "--remount-ro", "/dev"],
    ...["--chdir", plan.workingDirectory, "--"],
    ...outerCommand(dash, [...network.innerSteps, ...back, LIMITS]),
    ...[plan.command, ...plan.args],
  ];
  return {
    ...plan,
    command,
    args,
    // The user of the sandbox may be unable to enter any other.
    workingDirectory: "/",
    notes: [...plan.notes, ...network.notes],
    sandbox: { user: request.user },
    cleanUp: network.close,
  };
}

async function mountsOf(
  plan: LaunchPlan,
  { folders }: LaunchRequest,
  sandbox: Sandbox,
): Promise<string[]> {
  const { compiled } = plan;
  const { memoryFiles } = sandbox;
  const reads = [...plan.reads, plan.workingDirectory]
    .filter((path) => !isInside(path, folders.data));
  return [
    ...sandbox.systemMounts,
    ...memoryFolders(memoryFiles, "/tmp"),
    ...["--dev", "/dev", ...memoryFolder(memoryFiles, "shm", "/dev/shm")],
    ...["--proc", "/proc", ...memoryFolder(memoryFiles, "tmp", "/tmp")],
    // Deno's cache is of no use to the next process, and dangerous in a place where a plugin writes.
    ...memoryFolder(memoryFiles, "cache", folders.denoDir),
    ...(compiled === undefined ? [] : readOnly(compiled.modules.to, compiled.modules.from)),
    ...await readMounts(reads, sandbox),
    ...["--bind", folders.data, folders.data],
    ...["--dir", `${folders.data}/home`, "--dir", `${folders.data}/tmp`],
  ];
}

/** Everything keeps its path, so that a plan means the same inside. */
async function readMounts(paths: readonly string[], sandbox: Sandbox) {
  const mounts: string[] = [];
  const mounted: string[] = [];
  for (const path of new Set(paths)) {
    const real = await Deno.realPath(path);
    refuseHidden(real, sandbox);
    // A link of the system may lead out of it: `/usr/local/bin/uv` to `/opt/uv/uv`.
    for (const place of new Set([path, real])) {
      if (isOfSystem(place) || mounted.some((folder) => isInside(place, folder))) continue;
      mounts.push(...readOnly(place, await sandbox.paths.readableAt(real)));
      mounted.push(place);
    }
  }
  return mounts;
}

/** An administrator may name any working directory; one with the host's keys in it is a mistake. */
function refuseHidden(real: string, { hidden, shown }: Sandbox): void {
  const isPlugin = shown.some((folder) => isInside(real, folder) && real !== folder);
  if (isInside(hidden, real) || (isInside(real, hidden) && !isPlugin)) {
    throw new Error(`"${real}" holds data of the platform, which no plugin may see`);
  }
}
