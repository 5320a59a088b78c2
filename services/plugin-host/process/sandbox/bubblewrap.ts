/** The launcher of isolation level 3: the plan of the level below, inside bubblewrap (security.md "Isolation"). */
import type { Launcher, LaunchPlan, LaunchRequest } from "../launch_plan.ts";
import { isInside } from "../folders.ts";
import {
  cacheStep,
  memoryFolder,
  memoryFolders,
  memoryNamespace,
  memorySteps,
} from "./memory_files.ts";
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

/** And so it takes what it copies into the sandbox. */
const copied = ({ to }: { readonly to: string }) => ["--file", "6", to];
const copiedStep = ({ from }: { readonly from: string }): OuterStep => ({
  script: 'exec 6<"$1"\nshift',
  args: [from],
});

/**
 * Variables for which the programs around a sandbox would each load a dozen files. Only the plugin
 * gets them, as arguments of bubblewrap, which others may see: none of them is ever a secret.
 */
const LANGUAGE = /^(LANG|LANGUAGE|LC_[A-Z]+)$/;

/** Wraps the plans of `below`, level 2 for Deno plugins and level 1 for others. */
export function sandboxLauncher(below: Launcher, sandbox: Sandbox): Launcher {
  return {
    level: 3,
    userOf: async (dataFolder) => await sandbox.users?.userOf(dataFolder),
    async prepare(target, signal) {
      if (target.runtime === "deno") await sandbox.caches?.prepare(target, signal);
    },
    async plan(request) {
      const plan = await below.plan({ ...request, isSandboxed: true });
      const { target } = request;
      const kept = target.runtime === "deno" ? sandbox.caches?.find(target.folder) : undefined;
      const mounts = mountsOf(plan, request, sandbox, kept);
      // Looked at below, once the network is there to be closed.
      mounts.catch(() => {});
      const network = await openNetwork(request, sandbox);
      try {
        const parts = { network, kept: await kept, mounts: await mounts };
        return wrap(plan, request, sandbox, parts);
      } catch (error) {
        await network.close();
        throw error;
      }
    },
  };
}

function wrap(
  plan: LaunchPlan,
  request: LaunchRequest,
  sandbox: Sandbox,
  { network, kept, mounts }: {
    readonly network: ProcessNetwork;
    /** What the cache of Deno begins with, where the plugin was compiled before. */
    readonly kept: string | undefined;
    readonly mounts: readonly string[];
  },
): LaunchPlan {
  const { dashPath: dash, memoryFiles } = sandbox;
  const [aside, back] = network.holdsPipes ? [[], []] : [[PIPES_ASIDE], [PIPES_BACK]];
  // What is around bubblewrap then is replaced by it, and holds no pipe: one shell less.
  const isReplaced = network.outer.length === 0;
  const outer = isReplaced ? memoryNamespace(memoryFiles) : network.outer;
  const steps = [
    ...network.steps,
    ...memorySteps(memoryFiles),
    ...cacheStep(memoryFiles, kept),
    filterStep(sandbox.filterPath),
    ...(plan.compiled === undefined || kept !== undefined
      ? []
      : [copiedStep(plan.compiled.analysis)]),
  ];
  const languages = Object.entries(plan.env).filter(([name]) => LANGUAGE.test(name));
  const [command = "", ...args] = [
    ...outerCommand(dash, isReplaced ? [] : aside),
    ...outer,
    ...outerCommand(dash, isReplaced ? [...aside, ...steps] : steps),
    ...[sandbox.bwrapPath, ...FILTER],
    ...NAMESPACES,
    ...network.options,
    ...mounts,
    ...network.mounts,
    // After all mounts: until then bwrap itself makes the folders for them.
    ...["--remount-ro", "/", "--remount-ro", "/dev"],
    ...["--chdir", plan.workingDirectory],
    ...languages.flatMap(([name, value]) => ["--setenv", name, value]),
    "--",
    ...outerCommand(dash, [...network.innerSteps, ...back, LIMITS]),
    ...[plan.command, ...plan.args],
  ];
  return {
    ...plan,
    command,
    args,
    env: Object.fromEntries(Object.entries(plan.env).filter(([name]) => !LANGUAGE.test(name))),
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
  kept: Promise<string | undefined> | undefined,
): Promise<string[]> {
  const { compiled } = plan;
  const { memoryFiles } = sandbox;
  const reads = [...plan.reads, plan.workingDirectory]
    .filter((path) => !isInside(path, folders.data));
  const [shown, isKept] = await Promise.all([
    readMounts(reads, plan.fixedReads, sandbox),
    kept?.then((cache) => cache !== undefined),
  ]);
  return [
    ...sandbox.systemMounts,
    ...memoryFolders(memoryFiles, "/tmp"),
    ...["--dev", "/dev", ...memoryFolder(memoryFiles, "shm", "/dev/shm")],
    ...["--proc", "/proc", ...memoryFolder(memoryFiles, "tmp", "/tmp")],
    // Deno's cache is of no use to the next process, and dangerous in a place where a plugin writes.
    ...memoryFolder(memoryFiles, "cache", folders.denoDir),
    ...(compiled === undefined ? [] : [
      ...(isKept ? [] : copied(compiled.analysis)),
      ...readOnly(compiled.modules.to, compiled.modules.from),
    ]),
    ...shown,
    ...["--bind", folders.data, folders.data],
    ...["--dir", `${folders.data}/home`, "--dir", `${folders.data}/tmp`],
  ];
}

/**
 * Arguments of bwrap that show what a plan reads. Everything keeps its path, so that a plan means the
 * same inside.
 */
async function readMounts(
  changing: readonly string[],
  fixed: readonly string[],
  sandbox: Sandbox,
): Promise<string[]> {
  const found = await Promise.all([...new Set([...changing, ...fixed])].map(async (path) => {
    const real = await Deno.realPath(path);
    refuseHidden(real, sandbox);
    return { path, real, isFixed: fixed.includes(path) };
  }));
  const mounted: { readonly place: string; readonly real: string; readonly isFixed: boolean }[] =
    [];
  for (const { path, ...rest } of found) {
    // A link of the system may lead out of it: `/usr/local/bin/uv` to `/opt/uv/uv`.
    for (const place of new Set([path, rest.real])) {
      if (isOfSystem(place) || mounted.some((it) => isInside(place, it.place))) continue;
      mounted.push({ place, ...rest });
    }
  }
  const { paths } = sandbox;
  const mounts = mounted.map(async ({ place, real, isFixed }) =>
    readOnly(place, await (isFixed ? paths.readableSteadily(real) : paths.readableAt(real)))
  );
  return (await Promise.all(mounts)).flat();
}

/** An administrator may name any working directory; one with the host's keys in it is a mistake. */
function refuseHidden(real: string, { hidden, shown }: Sandbox): void {
  const isPlugin = shown.some((folder) => isInside(real, folder) && real !== folder);
  if (isInside(hidden, real) || (isInside(real, hidden) && !isPlugin)) {
    throw new Error(`"${real}" holds data of the platform, which no plugin may see`);
  }
}
