/**
 * `npx` ends at once on SIGTERM, and so does the shell that it runs commands in, without a word to
 * the commands. Whoever starts the platform as the README says and ends it by the process it knows
 * would leave all of it running. So the supervisor watches the processes between npx and itself.
 */
import { runProgram } from "@codex/service/program";
import { isAlive } from "../processes.ts";
import { findTool } from "../tools.ts";
import type { Environment } from "../variables.ts";

const POLL_MS = 500;
const LEVELS_MAX = 8;
const PS_MS_MAX = 10_000;

/** Calls `onGone` once when we were started through npx and it, or a shell on the way, is gone. */
export async function watchNpx(environment: Environment, onGone: () => void): Promise<void> {
  if (environment["npm_command"] !== "exec") return;
  const chain = await ancestorsToNpx(Deno.ppid);
  if (chain.length === 0) return;
  const timer = setInterval(() => {
    if (chain.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  // Watching is no reason to stay.
  Deno.unrefTimer(Number(timer));
}

/** From our parent up to npx; none where npx isn't found, or the machine has no `ps` to look with. */
async function ancestorsToNpx(parent: number): Promise<number[]> {
  const ps = findTool("ps");
  if (ps === undefined) return [];
  const chain: number[] = [];
  for (let pid = parent; pid > 1 && chain.length < LEVELS_MAX;) {
    const { stdout } = await runProgram({
      command: ps,
      args: ["-o", "ppid=,args=", "-p", String(pid)],
      timeoutMs: PS_MS_MAX,
    });
    const [, ppid, args] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
    if (ppid === undefined || args === undefined) return [];
    chain.push(pid);
    if (/^npm exec|\bnpx\b/.test(args)) return chain;
    pid = Number(ppid);
  }
  return [];
}
