/** One spawned process with its pipes, in a group of its own. */
import { constants } from "node:os";
import type { ExitStatus } from "../rpc/errors.ts";
import type { ChildPipes } from "../rpc/stdio_transport.ts";
import type { LaunchPlan } from "./launch_plan.ts";
import { signalGroup } from "./process_records.ts";
import { askDescendants } from "./process_table.ts";

export interface PluginChild extends ChildPipes {
  readonly pid: number;
  readonly isSandboxed: boolean;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Signals everything of the plugin that can be reached. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

/**
 * Spawns without a shell, with only the plan's environment.
 * @throws {Error} if the program can't be started
 */
export function spawnChild(plan: LaunchPlan): PluginChild {
  const { sandbox } = plan;
  const child = new Deno.Command(plan.command, {
    args: [...plan.args],
    cwd: plan.workingDirectory,
    clearEnv: true,
    env: { ...plan.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A session and group of its own, so that a signal reaches its children too.
    detached: !plan.startsSession,
    ...sandbox?.user,
  }).spawn();
  const { pid, stdin, stdout, stderr } = child;
  return {
    pid,
    isSandboxed: sandbox !== undefined,
    stdin,
    stdout,
    stderr,
    // Always awaited, or the process would stay as a zombie.
    exited: child.status.then(sandbox === undefined ? plainExit : sandboxedExit),
    signal(signal) {
      // The helper dies of any signal and takes the sandbox with it: only what is in it can be asked.
      if (sandbox !== undefined && signal === "SIGTERM") askDescendants(pid, signal);
      else if (!signalGroup(pid, signal)) signalAlone(child, signal);
    },
  };
}

/** A process that was just spawned may not have made its group yet. */
function signalAlone(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}

function plainExit({ code, signal }: Deno.CommandStatus): ExitStatus {
  return { code, signal };
}

/** Shells and bubblewrap tell a signal as exit code 128 plus its number. */
function sandboxedExit(status: Deno.CommandStatus): ExitStatus {
  const number = status.code - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return status.signal === null && name !== undefined
    ? { code: status.code, signal: name }
    : plainExit(status);
}
