/**
 * Locks on parts of files, which the kernel keeps for each process: memory that it counts to
 * nobody, neither to the process nor to its control group [tried with Linux 6.18], and of which
 * there may be any number.
 */
import { runProgram } from "@codex/service/program";

const PROGRAM_MS_MAX = 10_000;
/**
 * Some fifteen thousand lines. No more, since the kernel goes through its list from the start for
 * each piece of the file; who holds so many stands in every piece.
 */
const BYTES_MAX = 1024 * 1024;

/**
 * How many locks each process holds or waits for, by pid. Where the system doesn't tell, it tells
 * of none.
 */
export async function listFileLocks(): Promise<ReadonlyMap<number, number>> {
  try {
    const { stdout } = await runProgram({
      command: "head",
      args: ["-c", String(BYTES_MAX), "--", "/proc/locks"],
      timeoutMs: PROGRAM_MS_MAX,
      outputBytesMax: BYTES_MAX,
    });
    return countFileLocks(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}

/** @param text of `/proc/locks`, proc_locks(5) */
export function countFileLocks(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [, pid] of text.matchAll(/^\d+: (?:-> *)?\w+ +\S+ +\S+ +(\d+) /gm)) {
    counts.set(Number(pid), (counts.get(Number(pid)) ?? 0) + 1);
  }
  return counts;
}
