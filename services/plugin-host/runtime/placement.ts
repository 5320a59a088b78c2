/** Whether and how a plugin runs on this machine. */
import { type CommandPolicy, resolveCommand } from "../process/command_policy.ts";
import { findFolderFault, realPathOf } from "../process/folders.ts";
import type { LaunchTarget } from "../process/launch_plan.ts";
import { chooseIsolation, type SandboxMode, type SandboxSupport } from "../process/sandbox_mode.ts";
import type { PluginSpec } from "../registry/runtime.ts";

export interface PlacementPolicy {
  readonly commands: CommandPolicy;
  readonly sandboxMode: SandboxMode;
  readonly sandboxSupport: SandboxSupport;
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
  | { readonly runnable: false; readonly reason: string };

/** Checked at each start, not only on save: folders, links and settings change. */
export async function placementOf(policy: PlacementPolicy, spec: PluginSpec): Promise<Placement> {
  const resolved = await resolveCommand(policy.commands, spec.command, spec.args, spec.folder);
  if (!resolved.ok) return { runnable: false, reason: resolved.reason };
  const choice = chooseIsolation({
    mode: policy.sandboxMode,
    support: policy.sandboxSupport,
    runtime: resolved.runtime,
    command: spec.command,
    allowUnsandboxed: spec.allowUnsandboxed,
  });
  if (!choice.runnable) return choice;
  const { level, reason } = choice;
  if (resolved.runtime === "other") {
    const folder = spec.folder === null ? undefined : await realPathOf(spec.folder);
    return { runnable: true, level, reason, target: resolved, folder: folder ?? null };
  }
  const fault = await findFolderFault(resolved.folder);
  if (fault !== undefined) return { runnable: false, reason: fault };
  return { runnable: true, level, reason, target: resolved, folder: resolved.folder };
}
