/** Where this installation keeps what plugin-host needs, and what the machine has. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReloadAnswer } from "@codex/protocol";
import type { Logger } from "@codex/service";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import { EgressBroker } from "./network/egress_broker.ts";
import type { CommandPolicy } from "./process/command_policy.ts";
import { SEARCH_PATH } from "./process/command_policy.ts";
import type { DenoRuntime } from "./process/deno_runtime.ts";
import {
  type CgroupDetection,
  describeLimits,
  detectCgroups,
} from "./process/cgroups/detection.ts";
import { findInherited, type Inherited } from "./process/descriptors/inherited.ts";
import { compileSdk } from "./process/compiled/sdk.ts";
import { type Detection, detectSandbox } from "./process/sandbox/detection.ts";
import type { HostCheck, NetworkCheck } from "./runtime/host_state.ts";
import { hostChecks } from "./runtime/host_checks.ts";
import { openPluginHome } from "./process/sandbox/plugin_home.ts";
import { PLUGIN_IDS } from "./process/sandbox/sandbox.ts";
import type { SandboxMode } from "./process/sandbox_mode.ts";
import type { UidRange } from "./process/users/uid_range.ts";

/** One folder for all installations of a machine. */
const USER_CLAIMS = "/var/tmp/codex-plugin-users";

export interface Installation {
  /** Find out whether this machine still gives what plugins need. */
  readonly hostChecks: readonly HostCheck[];
  readonly checkNetwork: NetworkCheck | undefined;
  /** Built-in plugins first: they win on equal names. */
  readonly pluginsFolders: readonly string[];
  readonly commandPolicy: CommandPolicy;
  readonly denoRuntime: DenoRuntime;
  /** Holds the data folder of every plugin and connection. */
  readonly dataRoot: string;
  /** Holds a fresh folder for each process, out of the reach of plugins. */
  readonly processFolder: string;
  /** Undefined where it is not installed. */
  readonly setprivPath: string | undefined;
  readonly setsidPath: string | undefined;
  /** What is closed before a plugin starts; undefined where nothing is open. */
  readonly inherited?: Inherited | undefined;
  /** What isolation level 3 needs, if it can be given here. */
  readonly sandbox: Detection;
  /** Whether the kernel holds what plugins use. */
  readonly cgroups: CgroupDetection;
  /** Runs while plugins have granted hosts; closed with the service. */
  readonly broker: EgressBroker;
}

export async function findInstallation(config: {
  readonly dataDir: string;
  readonly pluginsDir: string;
  readonly allowedCommands: readonly string[];
  readonly sandboxMode: SandboxMode;
  readonly pluginUids: UidRange;
  /** Names that may lead into the own network. */
  readonly allowedHosts?: AllowedHosts;
}, logger?: Logger): Promise<Installation> {
  const builtIn = pathOf("../../plugins");
  const pluginsFolders = [builtIn, resolve(config.pluginsDir)];
  const denoPath = Deno.execPath();
  await Deno.mkdir(config.dataDir, { recursive: true });
  const dataDir = await Deno.realPath(config.dataDir);
  const isRoot = Deno.uid() === 0;
  const home = await openPluginHome(dataDir, isRoot ? PLUGIN_IDS : undefined);
  const denoRuntime = {
    denoPath,
    bootstrap: pathOf("./process/runtime/bootstrap.mjs"),
    importMap: pathOf("./process/runtime/import_map.json"),
    sdkFolder: join(builtIn, "sdk"),
  };
  const broker = new EgressBroker({ denoPath, ...(logger !== undefined && { logger }) });
  const folder = join(home, "plugin-runtime");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  const [compiledSdk, cgroups, sandbox] = await Promise.all([
    compileSdk(denoRuntime, folder),
    detectCgroups({ findProgram, root: "/sys/fs/cgroup", isRoot }),
    config.sandboxMode === "off"
      ? { available: false, reason: 'CODEX_PLUGIN_SANDBOX is "off"' } as const
      : detectSandbox({
        findProgram,
        denoRuntime,
        folder,
        users: isRoot ? { range: config.pluginUids, folder: USER_CLAIMS } : undefined,
        hidden: dataDir,
        shown: pluginsFolders,
        routes: broker,
        allowedHosts: config.allowedHosts ?? new Set(),
      }),
  ]);
  const dataRoot = join(home, "plugin-data");
  return {
    hostChecks: hostChecks({ dataRoot, denoPath, sandbox }),
    checkNetwork: sandbox.available ? sandbox.checkNetwork : undefined,
    pluginsFolders,
    commandPolicy: { allowedExtra: config.allowedCommands, pluginsFolders, denoPath },
    denoRuntime: { ...denoRuntime, ...(compiledSdk !== undefined && { compiledSdk }) },
    dataRoot,
    processFolder: join(dataDir, "plugin-processes"),
    setprivPath: await findProgram("setpriv"),
    setsidPath: await findProgram("setsid"),
    inherited: await findInherited(findProgram),
    sandbox,
    cgroups,
    broker,
  };
}

/** A line about how plugins are confined here, and one about what holds their memory. */
export function tellIsolation(
  { sandbox: detection, cgroups, inherited }: Pick<
    Installation,
    "sandbox" | "cgroups" | "inherited"
  >,
  mode: SandboxMode,
  logger: Logger,
): void {
  const found = detection.available
    ? detection.findings
    : `Plugins run without sandboxes: ${detection.reason}`;
  const means = {
    auto: "Deno plugins run at level 2, others need your word for each",
    require: "no plugin runs, as CODEX_PLUGIN_SANDBOX asks for level 3",
    off: "Deno plugins run at level 2, others unconfined",
  }[mode];
  if (detection.available) logger.info("{found}", { found });
  else logger.warn("{found}; {means}", { found, means });
  const limits = describeLimits(cgroups);
  logger.info("Of each plugin, {limits}", { limits });
  if (inherited === undefined) return;
  logger.info("What started Codex left files open: plugins start without {descriptors}", {
    descriptors: inherited.descriptors.join(", "),
  });
}

/** One line about each plugin's folder that can't be used; a reload of the folders answers the same. */
export function tellFaults(errors: ReloadAnswer["errors"], logger: Logger): void {
  // Not "message": that is the name of every line's own text.
  for (const { path, message: reason } of errors) {
    logger.warn("The plugin in {path} is left out: {reason}", { path, reason });
  }
}

/** A program of the system, never one of somebody's PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of SEARCH_PATH) {
    const path = join(folder, name);
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile) return path;
  }
  return undefined;
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
