/** How many files a process may have open at once. */
import { runProgram } from "@codex/service/program";

const DEADLINE_MS = 10_000;

/**
 * The limit that the system sets to processes started by this one (`ulimit -Hn`); Deno takes as
 * many as that allows.
 *
 * @returns infinity where there is no limit, or it can't be found out
 */
export async function openFilesMax(): Promise<number> {
  const { success, stdout } = await runProgram({
    command: "sh",
    args: ["-c", "ulimit -Hn"],
    timeoutMs: DEADLINE_MS,
  });
  const text = stdout.trim();
  return success && /^\d+$/.test(text) ? Number(text) : Infinity;
}
