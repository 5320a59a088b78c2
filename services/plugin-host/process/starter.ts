/** From a plugin's launch request to a process that has answered `initialize`. */
import { join } from "node:path";
import { type Clock, systemClock } from "../rpc/clock.ts";
import type { ProtocolFaultKind } from "../rpc/connection.ts";
import { TransportError } from "../rpc/errors.ts";
import { Floods } from "../rpc/flood_guard.ts";
import type { ReverseHandler } from "../rpc/reverse_calls.ts";
import { type Cgroups, TASKS_MAX } from "./cgroups/cgroups.ts";
import { childInGroup } from "./cgroups/child_in_group.ts";
import { type PluginChild, spawnChild } from "./child.ts";
import { copyFolder } from "./compiled/sdk.ts";
import { type Inherited, withoutInherited } from "./descriptors/inherited.ts";
import { makeDataFolder, removeFolder, type SystemUser } from "./data_folder.ts";
import type { NetworkEvents } from "../network/egress_broker.ts";
import { resolveWorkingDirectory } from "./folders.ts";
import {
  type Launcher,
  type LaunchPlan,
  type LaunchTarget,
  withSession,
  withSetpriv,
} from "./launch_plan.ts";
import { PluginProcess } from "./plugin_process.ts";
import type { ProcessRecords } from "./process_records.ts";
import { Spares } from "./spares.ts";

export interface StartRequest {
  readonly launcher: Launcher;
  readonly target: LaunchTarget;
  /** The plugin's own folder; null if it has none. */
  readonly pluginFolder: string | null;
  /** As the admin wrote it; null means the plugin's folder, or else its data folder. */
  readonly workingDirectory: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly network: readonly string[];
  /** Whose limits of connections and bytes count. */
  readonly plugin?: string;
  readonly networkEvents?: NetworkEvents;
  /** Path of the private folder below the data root: plugin, then connection. */
  readonly dataPath: readonly string[];
  /** It is only tested: its private folder is removed when it has ended. */
  readonly isTest?: true;
  /** Everything of `initialize` but `dataDir`. */
  readonly initializeParams: object;
  readonly timeoutMs: number;
  /** Resident, over everything that belongs to it. */
  readonly memoryBytesMax: number;
  readonly onRequest: ReverseHandler;
  readonly onFault: (kind: ProtocolFaultKind, excerpt: string) => void;
  readonly onLogLine: (text: string) => void;
}

export interface StarterOptions {
  /** Holds the private folder of every plugin and connection. */
  readonly dataRoot: string;
  readonly records: ProcessRecords;
  /** Undefined where it is not installed. */
  readonly setprivPath: string | undefined;
  /** Undefined where it is not installed. */
  readonly setsidPath?: string | undefined;
  /** What the host's own starter left open; undefined where that is nothing. */
  readonly inherited?: Inherited | undefined;
  /** Undefined where the host can't use control groups. */
  readonly cgroups?: Cgroups | undefined;
  readonly clock?: Clock;
}

const PREPARED_AFTER_MS = 3000;

/** Starts processes; see {@linkcode Starter.start}. */
export class Starter {
  readonly #options: StarterOptions;
  readonly #running = new Set<PluginProcess>();
  /** Folders of processes to come, for whose use Deno's cache was copied. */
  readonly #folders = new Spares(() => this.#makeFolders());
  readonly #preparing = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** What they are copied from, once a plugin has needed it. */
  #cache: string | undefined;
  readonly #floods = new Floods();

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  /** Every process from its spawn until it was reaped, for whoever watches over them. */
  running(): ReadonlySet<PluginProcess> {
    return this.#running;
  }

  /** Leaves nothing behind, once every process has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#options.cgroups?.close();
    for (const folder of await this.#folders.takeAll()) await removeFolder(folder);
    await Promise.all(this.#preparing);
  }

  /**
   * Spawns and initializes.
   * @throws {TransportError} `closed` if it can't be started as configured, or after `signal`
   * @throws {RpcError | TransportError} of `initialize`
   */
  async start(request: StartRequest, signal: AbortSignal): Promise<PluginProcess> {
    const { dataRoot } = this.#options;
    const user = await request.launcher.userOf(join(dataRoot, ...request.dataPath));
    const data = await makeDataFolder(dataRoot, request.dataPath, user);
    const process = await this.#startIn(data, user, request).catch(async (error) => {
      await leave(data, request);
      throw error;
    });
    const onAbort = () => process.kill("The plugin was stopped");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) await onAbort();
    await process.initialize({ ...request.initializeParams, dataDir: data });
    signal.removeEventListener("abort", onAbort);
    void this.#options.cgroups?.prepare();
    if (this.#cache !== undefined) void this.#folders.refill();
    this.#prepareLater(process, request);
    return process;
  }

  /** Makes the next start faster, once the process has had time for its first call. */
  #prepareLater(process: PluginProcess, { launcher, target }: StartRequest): void {
    if (launcher.prepare === undefined) return;
    const timer = setTimeout(() => {
      const preparing = launcher.prepare?.(target, this.#closing.signal) ?? Promise.resolve();
      this.#preparing.add(preparing);
      void preparing.finally(() => this.#preparing.delete(preparing));
    }, PREPARED_AFTER_MS);
    void process.exited.then(() => clearTimeout(timer));
  }

  async #makeFolders(): Promise<string[]> {
    const folder = await this.#options.records.makeFolder();
    if (this.#cache !== undefined) await copyFolder(this.#cache, folder);
    return [folder];
  }

  async #startIn(
    data: string,
    user: SystemUser | undefined,
    request: StartRequest,
  ): Promise<PluginProcess> {
    const workingDirectory = await this.#workingDirectory(request, data);
    const { launcher, target } = request;
    const copied = launcher.level === 2 && target.runtime === "deno"
      ? this.#folders.take()
      : undefined;
    const folder = copied ?? await this.#options.records.makeFolder();
    const isCopied = copied !== undefined;
    return await this.#spawn(request, { data, folder, isCopied, workingDirectory, user });
  }

  async #spawn(
    request: StartRequest,
    paths: {
      readonly data: string;
      readonly folder: string;
      /** Whether the compiled cache is in it already. */
      readonly isCopied: boolean;
      readonly workingDirectory: string;
      readonly user: SystemUser | undefined;
    },
  ): Promise<PluginProcess> {
    const { records, setprivPath, cgroups, clock } = this.#options;
    const { memoryBytesMax } = request;
    const group = cgroups?.freshGroup({ memoryBytes: memoryBytesMax, tasks: TASKS_MAX });
    let child: PluginChild;
    let plan: LaunchPlan | undefined;
    try {
      plan = await request.launcher.plan({
        target: request.target,
        pluginFolder: request.pluginFolder,
        workingDirectory: paths.workingDirectory,
        environment: request.environment,
        network: request.network,
        ...(request.plugin !== undefined && { plugin: request.plugin }),
        ...(request.networkEvents !== undefined && { networkEvents: request.networkEvents }),
        folders: { data: paths.data, denoDir: paths.folder },
        user: paths.user,
      });
      plan.notes.forEach(request.onLogLine);
      const { compiled, sandbox } = plan;
      if (compiled !== undefined && sandbox === undefined) {
        this.#cache = compiled.cache;
        if (!paths.isCopied) await copyFolder(compiled.cache, paths.folder);
      }
      const confined = withSetpriv(plan, setprivPath);
      child = group === undefined
        ? this.#spawnChild(confined, plan)
        : childInGroup(this.#spawnChild(group.entered(confined), plan), group);
    } catch (error) {
      await plan?.cleanUp?.();
      await Deno.remove(paths.folder, { recursive: true });
      throw new TransportError("closed", `The plugin could not be started: ${messageOf(error)}`);
    }
    // Its children live on without the host, and without setpriv itself does, too.
    const mayLiveOn = plan.sandbox === undefined &&
      (request.target.runtime === "other" || setprivPath === undefined);
    const record = mayLiveOn
      ? records.addNow(child.pid, paths.folder)
      : records.addSoon(child.pid, paths.folder);
    const process = new PluginProcess({
      child,
      memoryBytesMax,
      groupName: group?.name,
      dataFolder: canWriteData(child, request) ? paths.data : paths.folder,
      privateFolder: paths.data,
      timeoutMs: request.timeoutMs,
      onRequest: request.onRequest,
      onFault: request.onFault,
      onLogLine: request.onLogLine,
      cleanUp: async () => {
        await plan.cleanUp?.();
        await Promise.all([record.remove(), group?.remove()]);
        await leave(paths.data, request);
      },
      floods: this.#floods,
      clock: clock ?? systemClock,
    });
    this.#running.add(process);
    process.exited.then(() => this.#running.delete(process));
    return process;
  }

  /** @param original the plan before anything was put round it */
  #spawnChild(plan: LaunchPlan, original: LaunchPlan): PluginChild {
    const { inherited, setsidPath } = this.#options;
    // What `setsid` can't start is told by its exit: the plugin's own program shall be told of at once.
    const inSession = plan.command === original.command && plan.sandbox === undefined
      ? plan
      : withSession(plan, setsidPath);
    return spawnChild(withoutInherited(inSession, inherited));
  }

  async #workingDirectory(request: StartRequest, data: string): Promise<string> {
    if (request.workingDirectory === null) return request.pluginFolder ?? data;
    const found = await resolveWorkingDirectory(request.workingDirectory, {
      plugin: request.pluginFolder,
      data,
    });
    if (found.ok) return found.path;
    throw new TransportError("closed", found.reason);
  }
}

/**
 * A Deno plugin without a sandbox may write nowhere. What fills the disk for it is what Deno itself
 * keeps in its cache, such as `caches` and `localStorage`, which need no permission.
 */
function canWriteData({ isSandboxed }: PluginChild, { target }: StartRequest): boolean {
  return isSandboxed || target.runtime === "other";
}

/**
 * When its process is gone, or never came to be. What can't be removed is shown as the plugin's
 * data.
 */
async function leave(data: string, { isTest }: StartRequest): Promise<void> {
  if (isTest) await removeFolder(data).catch(() => {});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
