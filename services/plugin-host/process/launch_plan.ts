/** What a launcher makes of a plugin: one command line, ready to be spawned. */
import { pathToFileURL } from "node:url";
import { compiledModules } from "./compiled_sdk.ts";
import { denoFlags } from "./deno_flags.ts";
import type { DenoRuntime } from "./deno_runtime.ts";
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

export type LaunchTarget =
  | {
    readonly runtime: "deno";
    readonly entry: string;
    readonly folder: string;
    readonly args: readonly string[];
  }
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

/** Where it is copied, the whole cache serves; where it is only shown, its modules alone: Deno writes to the rest. */
export interface CompiledCache {
  readonly cache: string;
  readonly modules: { readonly from: string; readonly to: string };
}

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** What the program reads beside the system's own files, absolute. */
  readonly reads: readonly string[];
  /** What a process finds in its fresh `denoDir`, so as not to compile it again. */
  readonly compiled?: CompiledCache;
  /** For the plugin's log. */
  readonly notes: readonly string[];
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
          ...(isDeno ? denoReads(runtime, target.folder) : [target.path]),
        ],
        ...(isDeno && runtime.compiledSdk !== undefined && {
          compiled: {
            cache: runtime.compiledSdk,
            modules: {
              from: compiledModules(runtime.compiledSdk, runtime),
              to: compiledModules(folders.denoDir, runtime),
            },
          },
        }),
        notes,
      };
    },
  };
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

function denoReads(runtime: DenoRuntime, folder: string): string[] {
  const { denoPath, sdkFolder, bootstrap, importMap } = runtime;
  return [folder, denoPath, sdkFolder, bootstrap, importMap];
}

function denoArguments(
  runtime: DenoRuntime,
  target: LaunchTarget & { readonly runtime: "deno" },
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
