/** Finds out, by trying, whether isolation level 3 works on this machine. */
import { join } from "node:path";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import { runProgram } from "@codex/service/program";
import type { NetworkNeed } from "../../domain/network_access.ts";
import type { Routes } from "../../network/egress_broker.ts";
import { writeFilter } from "../seccomp/filter_file.ts";
import { type PluginUsers, sharedUser, UsersOfRange } from "../users/plugin_users.ts";
import type { UidRange } from "../users/uid_range.ts";
import { lacking, type NetworkSupport } from "./network_support.ts";
import { findNetwork, tryNetwork } from "./network_trial.ts";
import { compilerIn, removeLeftovers } from "../compiled/compiler.ts";
import { PluginCaches } from "../compiled/plugin_caches.ts";
import { ReadableCopies, samePaths } from "./readable_paths.ts";
import { PLUGIN_IDS, type Sandbox } from "./sandbox.ts";
import { systemMounts } from "./system_mounts.ts";
import { explain, run, TRIAL_MS_MAX, type TrialOptions, withTrial } from "./trial.ts";

export type Detection =
  | {
    readonly available: true;
    readonly sandbox: Sandbox;
    /** Tries the sandbox again, later; gives what is wrong and what to do. */
    readonly check: () => Promise<string | undefined>;
    /** Tries the way of such grants again, if it worked at the start. */
    readonly checkNetwork: (need: NetworkNeed) => Promise<string | undefined>;
    /** For the log at start. */
    readonly findings: string;
  }
  | { readonly available: false; readonly reason: string };

export interface DetectionOptions extends TrialOptions {
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
  /** Opens the ways of granted hosts. */
  readonly routes: Routes;
  /** Names that may lead into the own network. */
  readonly allowedHosts: AllowedHosts;
}

const REPAIR =
  "once it works again (on Debian: apt-get install bubblewrap dash util-linux), plugins start by themselves";
const NETWORK_REPAIR =
  "once it works again (on Debian: apt-get install socat iproute2 passt), they start by themselves";

export async function detectSandbox(options: DetectionOptions): Promise<Detection> {
  if (Deno.build.os !== "linux") return missing("only Linux has sandboxes");
  const { findProgram, folder, hidden, shown } = options;
  const [bwrapPath, dashPath] = await Promise.all(["bwrap", "dash"].map(findProgram));
  if (bwrapPath === undefined) {
    return missing("bubblewrap is not installed (on Debian: apt-get install bubblewrap)");
  }
  if (dashPath === undefined) {
    return missing("dash is not installed (on Debian: apt-get install dash)");
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  const plain: Sandbox = {
    bwrapPath,
    dashPath,
    filterPath: await writeFilter(folder),
    users: await findUsers(options),
    memoryFiles: undefined,
    caches: undefined,
    paths: await readablePaths(options),
    systemMounts: await systemMounts(folder, hidden),
    network: { hosts: lacking(UNTRIED), everyHost: lacking(UNTRIED) },
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
  const network = await findNetwork(sandbox, options);
  const caches = await openCaches(sandbox, options);
  return {
    available: true,
    sandbox: { ...sandbox, network, caches },
    check,
    checkNetwork: async (need) => {
      const fault = await tryNetwork({ ...sandbox, network }, need, options);
      return fault === undefined
        ? undefined
        : `The network of sandboxes has stopped working: ${fault}; ${NETWORK_REPAIR}`;
    },
    findings: tellFindings(sandbox, network),
  };
}

const UNTRIED = "it was not tried yet";

function tellFindings({ memoryFiles }: Sandbox, { hosts, everyHost }: NetworkSupport): string {
  const start = "Plugins run in sandboxes with a filter of system calls (level 3)";
  const files = memoryFiles === undefined
    ? "; the number of files in memory can't be limited here"
    : "";
  if (!hosts.available) return `${start}, without network: ${hosts.reason}${files}`;
  return everyHost.available
    ? `${start}, with networks of their own${files}`
    : `${start}, with granted hosts by name; the network "*" can't be given: ${everyHost.reason}${files}`;
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

/** Needs a place in memory that can be filled before the sandbox is closed. */
async function openCaches(
  sandbox: Sandbox,
  { folder, denoRuntime }: DetectionOptions,
): Promise<PluginCaches | undefined> {
  if (sandbox.memoryFiles?.copyPath === undefined) return undefined;
  const place = join(folder, "compiled-plugins");
  await Deno.mkdir(place, { recursive: true });
  await Deno.chmod(place, 0o755);
  const caches = new PluginCaches(place, compilerIn(sandbox, denoRuntime, folder));
  await Promise.all([caches.removeUnused(), removeLeftovers(folder, Date.now())]);
  return caches;
}

/** The same sandbox with a limit on the number of files in memory, if it works with that. */
async function withMemoryFiles(sandbox: Sandbox, options: DetectionOptions): Promise<Sandbox> {
  const paths = await Promise.all(["unshare", "mount", "cp"].map(options.findProgram));
  const [unsharePath, mountPath, copyPath] = paths;
  if (!unsharePath || !mountPath) return sandbox;
  const place = join(options.folder, "memory-files");
  await Deno.mkdir(place, { recursive: true });
  await Deno.chmod(place, 0o755);
  const memoryFiles = { unsharePath, mountPath, copyPath, place };
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

/** Undefined if a program in the sandbox can write into its data folder and its folders in memory. */
async function trySandbox(
  sandbox: Sandbox,
  options: DetectionOptions,
): Promise<string | undefined> {
  const touch = await options.findProgram("touch");
  if (touch === undefined) return 'there is no program "touch" to try it with';
  return await withTrial(sandbox, options, async (plan, data) => {
    const place = `${data}/written`;
    const outcome = await run(await plan(touch, [place, "/tmp/written", "/dev/shm/written"], []));
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
