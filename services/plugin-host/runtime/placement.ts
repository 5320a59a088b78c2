/** Whether and how a plugin runs on this machine. */
import type { NetworkControl, RuntimeKind } from "../domain/network_access.ts";
import { type CommandPolicy, resolveCommand } from "../process/command_policy.ts";
import { findFolderFault, realPathOf } from "../process/folders.ts";
import { type CgroupDetection, describeLimits } from "../process/cgroups/detection.ts";
import type { DenoRuntime } from "../process/deno_runtime.ts";
import { type Launcher, type LaunchTarget, plainLauncher } from "../process/launch_plan.ts";
import { chooseIsolation, type SandboxMode, type SandboxSupport } from "../process/sandbox_mode.ts";
import { sandboxLauncher } from "../process/sandbox/bubblewrap.ts";
import type { Detection } from "../process/sandbox/detection.ts";
import type { Confinement, PluginSpec } from "../registry/runtime.ts";

export interface PlacementPolicy {
  readonly commands: CommandPolicy;
  readonly sandboxMode: SandboxMode;
  readonly sandbox: Detection;
  readonly cgroups: CgroupDetection;
}

export type Placement =
  | {
    readonly runnable: true;
    readonly level: 1 | 2 | 3;
    readonly reason: string;
    readonly target: LaunchTarget;
    /** Null for a plugin that was added by command and has none. */
    readonly folder: string | null;
  }
  | {
    readonly runnable: false;
    readonly reason: string;
    /** Undefined where the command itself is refused. */
    readonly runtime: RuntimeKind | undefined;
  };

/** Checked at each start, not only on save: folders, links and settings change. */
export async function placementOf(policy: PlacementPolicy, spec: PluginSpec): Promise<Placement> {
  const resolved = await resolveCommand(policy.commands, spec.command, spec.args, spec.folder);
  if (!resolved.ok) return { runnable: false, reason: resolved.reason, runtime: undefined };
  const choice = chooseIsolation({
    mode: policy.sandboxMode,
    support: supportOf(policy.sandbox),
    runtime: resolved.runtime,
    command: spec.command,
    allowUnsandboxed: spec.allowUnsandboxed,
    network: spec.network,
  });
  if (!choice.runnable) return { ...choice, runtime: resolved.runtime };
  const { level } = choice;
  const reason = `${choice.reason}${describeHolds(level, policy)}`;
  if (resolved.runtime === "other") {
    const folder = spec.folder === null ? resolved.folder : await realPathOf(spec.folder);
    return { runnable: true, level, reason, target: resolved, folder: folder ?? null };
  }
  const fault = await findFolderFault(resolved.folder);
  if (fault !== undefined) return { runnable: false, reason: fault, runtime: "deno" };
  return { runnable: true, level, reason, target: resolved, folder: resolved.folder };
}

/** What else the administrator has to know about how a plugin is held. */
function describeHolds(level: 1 | 2 | 3, { sandbox, cgroups }: PlacementPolicy): string {
  const users = sandbox.available ? sandbox.sandbox.users : undefined;
  const sharesUser = level === 3 && users !== undefined && !users.areDistinct;
  return `; ${describeLimits(cgroups)}` +
    (sharesUser ? "; it shares its kernel user with other plugins" : "");
}

/** The launcher of the level that a plugin was placed at. */
export function launcherOf(
  { level, target }: Placement & { readonly runnable: true },
  { sandbox: detection }: PlacementPolicy,
  runtime: DenoRuntime,
): Launcher {
  const below = plainLauncher(target.runtime === "deno" ? 2 : 1, runtime);
  return level === 3 && detection.available ? sandboxLauncher(below, detection.sandbox) : below;
}

/** How a plugin of this placement is confined. */
export function confinementOf(placement: Placement, { sandbox }: PlacementPolicy): Confinement {
  const { reason } = placement;
  if (!placement.runnable) {
    return { level: 0, reason, runtime: placement.runtime, network: "none" };
  }
  const { level, target: { runtime } } = placement;
  return {
    level,
    reason,
    runtime,
    network: CONTROLS[level],
    ...(level === 3 && sandbox.available && { ability: sandbox.sandbox.network }),
  };
}

const CONTROLS: Readonly<Record<1 | 2 | 3, NetworkControl>> = {
  1: "unconfined",
  2: "by-name",
  3: "by-host",
};

function supportOf(detection: Detection): SandboxSupport {
  return detection.available ? { available: true, network: detection.sandbox.network } : detection;
}
