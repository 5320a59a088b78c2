/** What a launcher makes of a plugin: one command line, ready to be spawned. */
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { compiledModules } from "./compiled/sdk.ts";
import { denoFlags } from "./deno_flags.ts";
import type { CompiledSdk, DenoRuntime } from "./deno_runtime.ts";
import { buildEnvironment } from "./environment_policy.ts";
import { SEARCH_PATH } from "./command_policy.ts";
import { lookUpByGetent, withoutLocalNames } from "./local_names.ts";
import type { NetworkEvents } from "../network/egress_broker.ts";
import type { SystemUser } from "./data_folder.ts";

/** Folders of one process. All are real, absolute paths. */
export interface ProcessFolders {
  /**
   * Private to a plugin and connection; HOME and TMPDIR lie in it where the plugin may write to
   * it.
   */
  readonly data: string;
  /** Fresh for each process, out of the plugin's reach, removed at its exit. */
  readonly denoDir: string;
}

export interface DenoTarget {
  readonly runtime: "deno";
  readonly entry: string;
  readonly folder: string;
  readonly args: readonly string[];
}

export type LaunchTarget =
  | DenoTarget
  | { readonly runtime: "other"; readonly path: string; readonly args: readonly string[] };

export interface LaunchRequest {
  readonly target: LaunchTarget;
  /** The plugin's own folder; null if it has none. */
  readonly pluginFolder: string | null;
  readonly workingDirectory: string;
  /** As configured; refused names are dropped here again. */
  readonly environment: Readonly<Record<string, string>>;
  /** Granted hosts. */
  readonly network: readonly string[];
  /** Whose limits of connections and bytes count. */
  readonly plugin?: string;
  readonly networkEvents?: NetworkEvents;
  readonly folders: ProcessFolders;
  /**
   * Set by the sandbox that goes round the plan. Without one a Deno plugin may write nowhere, and
   * looks granted names up itself; in one they lead to forwarders on its own loopback.
   */
  readonly isSandboxed?: true;
  /** Who owns the data folder and runs the plugin; undefined for the host's own user. */
  readonly user: SystemUser | undefined;
}

/**
 * Where it is copied, the whole cache serves. Where its modules are only shown, just the one file is
 * copied that Deno writes to.
 */
export interface CompiledCache {
  readonly cache: string;
  readonly analysis: Place;
  readonly modules: Place;
}

interface Place {
  /** Where it was made. */
  readonly from: string;
  /** Where a process looks for it. */
  readonly to: string;
}

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** What the program reads beside the system's own files, absolute. */
  readonly reads: readonly string[];
  /** The same of the installation itself, which hardly ever change. */
  readonly fixedReads: readonly string[];
  /** What a process finds in its fresh `denoDir`, so as not to compile it again. */
  readonly compiled?: CompiledCache;
  /** For the plugin's log. */
  readonly notes: readonly string[];
  /** Whether the command makes itself a session and group, as soon as it runs. */
  readonly startsSession?: true;
  /** To be called once the process was reaped, or could not be started. */
  readonly cleanUp?: () => Promise<void>;
  /** Set when the plugin runs behind a helper, in a PID namespace of its own. */
  readonly sandbox?: {
    /** Another user than the host's; undefined where the host's will do. */
    readonly user: SystemUser | undefined;
  };
}

/** Makes plans for one level of isolation (security.md "Isolation"); a sandbox wraps the plan of the level below. */
export interface Launcher {
  readonly level: 1 | 2 | 3;
  /**
   * Whom a process with this data folder runs as; undefined for the host's own user.
   * @throws {Error} with what to do if there is no user for it
   */
  userOf(dataFolder: string): Promise<SystemUser | undefined>;
  /** @throws {Error} with what stands in the way, if no plan can be made */
  plan(request: LaunchRequest): Promise<LaunchPlan>;
  /**
   * Does what makes the next start of a plugin faster, where there is something to be done. Never
   * rejects, and ends soon after `signal`.
   */
  prepare?(target: LaunchTarget, signal: AbortSignal): Promise<void>;
}

/** Levels 1 and 2: the program itself, Deno with narrow permissions. */
export function plainLauncher(level: 1 | 2, runtime: DenoRuntime): Launcher {
  return {
    level,
    userOf: () => Promise.resolve(undefined),
    async plan(request) {
      const { target, folders, pluginFolder } = request;
      const isDeno = target.runtime === "deno";
      const { network, notes } = isDeno && !request.isSandboxed
        ? await withoutLocalNames(request.network, lookUpByGetent)
        : { ...request, notes: [] };
      return {
        command: isDeno ? runtime.denoPath : target.path,
        args: isDeno ? denoArguments(runtime, target, { ...request, network }) : target.args,
        env: buildEnvironment(request.environment, {
          PATH: SEARCH_PATH.join(":"),
          ...homeIn(canWriteData(request) ? folders.data : folders.denoDir),
          LANG: "C.UTF-8",
          ...(isDeno && { DENO_DIR: folders.denoDir, ...NO_GRAPHICS }),
        }),
        workingDirectory: request.workingDirectory,
        reads: [
          ...(pluginFolder === null ? [] : [pluginFolder]),
          isDeno ? target.folder : target.path,
        ],
        fixedReads: isDeno ? denoReads(runtime) : [],
        ...(isDeno && runtime.compiledSdk !== undefined && {
          compiled: compiledCache(runtime.compiledSdk, runtime, folders.denoDir),
        }),
        notes,
      };
    },
  };
}

function compiledCache(
  { cache, analysis }: CompiledSdk,
  runtime: DenoRuntime,
  denoDir: string,
): CompiledCache {
  const modules = { from: compiledModules(cache, runtime), to: compiledModules(denoDir, runtime) };
  return { cache, analysis: { from: analysis, to: join(denoDir, basename(analysis)) }, modules };
}

/**
 * At level 2 nothing may be left behind, by libraries of the system neither: what they'd write
 * goes with the process.
 */
function homeIn(folder: string): Record<"HOME" | "TMPDIR", string> {
  return { HOME: `${folder}/home`, TMPDIR: `${folder}/tmp` };
}

/**
 * Without this, `navigator.gpu` needs no permission and loads the drivers of the system, which keep
 * a cache in the home of the host's user [tried].
 */
const NO_GRAPHICS = { DENO_WEBGPU_BACKEND: "none" };

function canWriteData({ target, isSandboxed }: LaunchRequest): boolean {
  return target.runtime === "other" || isSandboxed === true;
}

/** Folders where they hold nothing else: each mount delays the start. */
function denoReads({ denoPath, sdkFolder, bootstrap, importMap }: DenoRuntime): string[] {
  return [denoPath, sdkFolder, ...new Set([dirname(bootstrap), dirname(importMap)])];
}

function denoArguments(
  runtime: DenoRuntime,
  target: DenoTarget,
  request: LaunchRequest,
): string[] {
  // Not even to be read without a sandbox: links may be in it from a time when the plugin had one.
  const data = canWriteData(request) ? [request.folders.data] : [];
  return [
    ...denoFlags({
      importMap: runtime.importMap,
      readable: [target.folder, ...data],
      writable: data,
      network: request.network,
      isForwarded: request.isSandboxed ?? false,
    }),
    runtime.bootstrap,
    pathToFileURL(target.entry).href,
    ...target.args,
  ];
}

/**
 * Puts `setpriv` before a plan where it is installed: the process dies with the host and gains no rights by what it
 * executes (security.md "Isolation", level 1).
 */
export function withSetpriv(plan: LaunchPlan, setprivPath: string | undefined): LaunchPlan {
  // bubblewrap does both by itself.
  if (setprivPath === undefined || plan.sandbox !== undefined) return plan;
  return {
    ...plan,
    command: setprivPath,
    args: ["--pdeathsig", "KILL", "--no-new-privs", "--", plan.command, ...plan.args],
  };
}

/**
 * Puts `setsid` before a plan that begins with a program of the system. Deno can make a session too,
 * but then copies the host's whole table of memory for each child, while the host stands still.
 */
export function withSession(plan: LaunchPlan, setsidPath: string | undefined): LaunchPlan {
  if (setsidPath === undefined) return plan;
  return {
    ...plan,
    command: setsidPath,
    args: [plan.command, ...plan.args],
    startsSession: true,
  };
}
