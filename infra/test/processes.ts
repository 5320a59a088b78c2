import { isAlive } from "../processes.ts";

const POLL_MS = 20;

/** Resolves when a process that is no child of ours has ended; throws after `timeoutMs`. */
export async function untilGone(pid: number, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`Process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
