/** One spawned process with its pipes, in a group of its own. */
import type { ExitStatus } from "../rpc/errors.ts";
import type { ChildPipes } from "../rpc/stdio_transport.ts";
import type { LaunchPlan } from "./launch_plan.ts";
import { signalGroup } from "./process_records.ts";

export interface PluginChild extends ChildPipes {
  readonly pid: number;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Signals the whole group; false if none of it is left. */
  signal(signal: "SIGTERM" | "SIGKILL"): boolean;
}

/**
 * Spawns without a shell, with only the plan's environment.
 * @throws {Error} if the program can't be started
 */
export function spawnChild(plan: LaunchPlan): PluginChild {
  const child = new Deno.Command(plan.command, {
    args: [...plan.args],
    cwd: plan.workingDirectory,
    clearEnv: true,
    env: { ...plan.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A session and group of its own, so that a signal reaches its children too.
    detached: true,
  }).spawn();
  const { pid, stdin, stdout, stderr } = child;
  return {
    pid,
    stdin,
    stdout,
    stderr,
    // Always awaited, or the process would stay as a zombie.
    exited: child.status.then(({ code, signal }): ExitStatus => ({ code, signal })),
    signal: (signal) => signalGroup(pid, signal),
  };
}
