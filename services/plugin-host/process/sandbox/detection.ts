/** Finds out, by trying, whether isolation level 3 works on this machine. */
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { makeDataFolder } from "../data_folder.ts";
import type { DenoRuntime } from "../deno_runtime.ts";
import { type LaunchPlan, plainLauncher } from "../launch_plan.ts";
import { writeFilter } from "../seccomp/filter_file.ts";
import { sandboxLauncher } from "./bubblewrap.ts";
import { ReadableCopies, samePaths } from "./readable_paths.ts";
import { type OwnNetwork, PLUGIN_IDS, type Sandbox } from "./sandbox.ts";
import { systemMounts } from "./system_mounts.ts";
import { type PluginUsers, sharedUser, UsersOfRange } from "../users/plugin_users.ts";
import type { UidRange } from "../users/uid_range.ts";

export type Detection =
  | {
    readonly available: true;
    readonly sandbox: Sandbox;
    /** Tries the sandbox again, later; gives what is wrong and what to do. */
    readonly check: () => Promise<string | undefined>;
    /** For the log at start. */
    readonly findings: string;
  }
  | { readonly available: false; readonly reason: string };

export interface DetectionOptions {
  readonly findProgram: (name: string) => Promise<string | undefined>;
  readonly denoRuntime: DenoRuntime;
  /** Takes what sandboxes need; the sandbox's user must be able to pass it. */
  readonly folder: string;
  /** Of the users that plugins run as; undefined where the host isn't root. */
  readonly users:
    | {
      readonly range: UidRange;
      /** Takes the claims of all hosts of this machine. */
      readonly folder: string;
    }
    | undefined;
  /** The host's own data, which no sandbox shows, but for plugins below `shown`. */
  readonly hidden: string;
  readonly shown: readonly string[];
}

const TRIAL_MS_MAX = 10_000;
const REPAIR =
  "once it works again (on Debian: apt-get install bubblewrap dash util-linux), plugins start by themselves";

export async function detectSandbox(options: DetectionOptions): Promise<Detection> {
  if (Deno.build.os !== "linux") return missing("only Linux has sandboxes");
  const { findProgram, folder, hidden, shown } = options;
  const [bwrapPath, prlimitPath, dashPath] = await Promise.all(
    ["bwrap", "prlimit", "dash"].map(findProgram),
  );
  if (bwrapPath === undefined) {
    return missing("bubblewrap is not installed (on Debian: apt-get install bubblewrap)");
  }
  if (prlimitPath === undefined) {
    return missing("prlimit is not installed (on Debian: apt-get install util-linux)");
  }
  if (dashPath === undefined) {
    return missing("dash is not installed (on Debian: apt-get install dash)");
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  const plain: Sandbox = {
    bwrapPath,
    prlimitPath,
    dashPath,
    filterPath: await writeFilter(folder),
    users: await findUsers(options),
    memoryFiles: undefined,
    paths: await readablePaths(options),
    systemMounts: await systemMounts(folder, hidden),
    ownNetwork: undefined,
    hidden,
    shown,
  };
  const sandbox = await withMemoryFiles(plain, options);
  const [fault, passage] = await Promise.all([
    trySandbox(sandbox, options),
    tryFilter(sandbox, options),
  ]);
  if (fault !== undefined) return missing(`bubblewrap does not work here: ${fault}`);
  if (passage !== undefined) return missing(`Its filter of system calls fails here: ${passage}`);
  const check = async () => {
    const fault = await trySandbox(sandbox, options);
    return fault === undefined ? undefined : `The sandbox has stopped working: ${fault}; ${REPAIR}`;
  };
  const network = await findOwnNetwork(sandbox, options);
  const files = sandbox.memoryFiles === undefined
    ? "; the number of files in memory can't be limited here"
    : "";
  return typeof network === "string"
    ? {
      available: true,
      sandbox,
      check,
      findings:
        `Plugins run in sandboxes with a filter of system calls (level 3); a network grant of other plugins than Deno's includes this machine, as ${network}${files}`,
    }
    : {
      available: true,
      sandbox: { ...sandbox, ownNetwork: network },
      check,
      findings:
        `Plugins run in sandboxes with a filter of system calls (level 3), with networks of their own${files}`,
    };
}

function missing(reason: string): Detection {
  return { available: false, reason };
}

/** A container may have so few users that none of the range is among them. */
async function findUsers({ users }: DetectionOptions): Promise<PluginUsers | undefined> {
  if (users === undefined) return undefined;
  const { range, folder } = users;
  const ofRange = new UsersOfRange(folder, range);
  await ofRange.removeUnused();
  return await canRunAs(range.first) && await canRunAs(range.last)
    ? ofRange
    : sharedUser(PLUGIN_IDS);
}

async function canRunAs(uid: number): Promise<boolean> {
  const user = { uid, gid: uid };
  const program = { command: "/bin/true", args: [], cwd: "/", user, timeoutMs: TRIAL_MS_MAX };
  return await runProgram(program).then(({ success }) => success, () => false);
}

/** The same sandbox with a limit on the number of files in memory, if it works with that. */
async function withMemoryFiles(sandbox: Sandbox, options: DetectionOptions): Promise<Sandbox> {
  const names = ["unshare", "dash", "mount", "mkdir"];
  const paths = await Promise.all(names.map(options.findProgram));
  const [unsharePath, dashPath, mountPath, mkdirPath] = paths;
  if (!unsharePath || !dashPath || !mountPath || !mkdirPath) return sandbox;
  const place = join(options.folder, "memory-files");
  await Deno.mkdir(place, { recursive: true });
  await Deno.chmod(place, 0o755);
  const memoryFiles = { unsharePath, dashPath, mountPath, mkdirPath, place };
  const limited = { ...sandbox, memoryFiles };
  return await trySandbox(limited, options) === undefined ? limited : sandbox;
}

async function readablePaths({ users, folder, findProgram }: DetectionOptions) {
  if (users === undefined) return samePaths;
  const copies = join(folder, "copies");
  await Deno.mkdir(copies, { recursive: true });
  await Deno.chmod(copies, 0o755);
  const paths = new ReadableCopies(copies, await findProgram("ln"));
  await paths.removeUnused(Date.now());
  return paths;
}

/** Undefined if a program in the sandbox can write into its data folder, and nowhere else. */
async function trySandbox(
  sandbox: Sandbox,
  options: DetectionOptions,
): Promise<string | undefined> {
  const touch = await options.findProgram("touch");
  if (touch === undefined) return 'there is no program "touch" to try it with';
  return await withTrial(sandbox, options, async (plan, data) => {
    const place = `${data}/written`;
    const outcome = await run(await plan(touch, [place], []));
    if (outcome.text !== "" || !outcome.success) return explain(outcome.text);
    const written = await Deno.lstat(place).catch(() => undefined);
    return written === undefined ? "a program in it wrote nothing" : undefined;
  });
}

/**
 * A file in memory alone, which nothing but the filter keeps a program in a sandbox from making.
 */
const REFUSED_CALL = `
  const { symbols } = Deno.dlopen("libc.so.6", {
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  });
  console.log(symbols.memfd_create(new TextEncoder().encode("trial\\0"), 0));
  Deno.exit(0);`;

/** Undefined if the filter refuses a program what it is there to refuse. */
async function tryFilter(
  sandbox: Sandbox,
  options: DetectionOptions,
): Promise<string | undefined> {
  const { denoPath } = options.denoRuntime;
  const outcome = await withTrial(sandbox, options, async (plan) => {
    const args = ["eval", "-q", "--no-config", "--no-lock", REFUSED_CALL];
    return await run(await plan(denoPath, args, []));
  });
  if (outcome.success && outcome.text === "-1") return undefined;
  return outcome.success ? "a program in it made a refused call" : explain(outcome.text);
}

type TrialPlan = (
  path: string,
  args: readonly string[],
  network: readonly string[],
) => Promise<LaunchPlan>;

/** Runs `body` with a data folder and plans as a plugin has them. */
async function withTrial<T>(
  sandbox: Sandbox,
  { folder, denoRuntime }: DetectionOptions,
  body: (plan: TrialPlan, data: string) => Promise<T>,
): Promise<T> {
  const name = `trial-${crypto.randomUUID()}`;
  const launcher = sandboxLauncher(plainLauncher(1, denoRuntime), sandbox);
  const user = await launcher.userOf(join(folder, name));
  const data = await makeDataFolder(folder, [name], user);
  const plan: TrialPlan = (path, args, network) =>
    launcher.plan({
      target: { runtime: "other", path, args },
      pluginFolder: null,
      workingDirectory: data,
      environment: {},
      network,
      folders: { data, denoDir: `${data}-cache` },
      user,
    });
  try {
    return await body(plan, data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

interface Outcome {
  readonly success: boolean;
  /** All that was printed. */
  readonly text: string;
}

async function run(plan: LaunchPlan): Promise<Outcome> {
  try {
    const { success, isLate, stdout, stderr } = await runProgram({
      command: plan.command,
      args: plan.args,
      cwd: plan.workingDirectory,
      env: plan.env,
      user: plan.sandbox?.user,
      timeoutMs: TRIAL_MS_MAX,
    });
    const text = (stdout + stderr).trim();
    return { success, text: isLate ? `no end within ${TRIAL_MS_MAX / 1000} s. ${text}` : text };
  } catch (error) {
    return { success: false, text: error instanceof Error ? error.message : String(error) };
  }
}

function explain(text: string): string {
  const [line = ""] = text.split("\n");
  const isForbidden = /permission|not permitted|namespace|uid map|Creating new/i.test(line);
  return (line || "it failed without a word") +
    (isForbidden
      ? " (unprivileged user namespaces must be allowed; in a container, by its seccomp and AppArmor profiles)"
      : "");
}

/** A namespace that really keeps this machine's loopback out but for a granted port, or why there is none. */
async function findOwnNetwork(
  sandbox: Sandbox,
  options: DetectionOptions,
): Promise<OwnNetwork | string> {
  const pastaPath = await options.findProgram("pasta");
  if (pastaPath === undefined) {
    return "pasta is not installed (on Debian: apt-get install passt)";
  }
  const resolvConf = await findResolvConf();
  if (resolvConf === undefined) {
    return "this machine's only name servers are on its loopback, which pasta keeps out";
  }
  const ownNetwork = { pastaPath, resolvConf };
  using granted = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [open, closed] = [granted.addr.port, other.addr.port];
  const { denoPath } = options.denoRuntime;
  const outcome = await withTrial({ ...sandbox, ownNetwork }, options, async (plan) => {
    const args = ["eval", "-q", "--no-config", "--no-lock", connectingProgram(open, closed)];
    return await run(await plan(denoPath, args, ["*", `127.0.0.1:${open}`]));
  });
  if (outcome.success && outcome.text === "true,false") return ownNetwork;
  return `pasta does not work here: ${outcome.text.split("\n")[0]}`;
}

function connectingProgram(...ports: readonly number[]): string {
  return `const tries = ${JSON.stringify(ports)}.map((port) =>
    Deno.connect({ hostname: "127.0.0.1", port }).then(() => true, () => false));
  console.log((await Promise.all(tries)).join());
  Deno.exit(0);`;
}

/** With systemd-resolved the first names its stub on the loopback, the second what that asks. */
const RESOLV_CONFS = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

async function findResolvConf(): Promise<string | undefined> {
  for (const path of RESOLV_CONFS) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = ""]) => server);
    const isReachable = (server: string) => !server.startsWith("127.") && server !== "::1";
    if (servers.length > 0 && servers.every(isReachable)) return path;
  }
  return undefined;
}
