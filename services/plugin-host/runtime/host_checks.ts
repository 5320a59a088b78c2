/** What the host tries of itself before it blames a plugin for a start that failed. */
import { join } from "node:path";

/** More than what fits into a file's own entry, so that a full disk is noticed. */
const TRIAL_BYTES = 64 * 1024;

/** Whether something can be written to the disk that plugins' data folders are on. */
export async function checkDisk(dataRoot: string): Promise<string | undefined> {
  const path = join(dataRoot, `.trial-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(dataRoot, { recursive: true });
    await Deno.writeFile(path, new Uint8Array(TRIAL_BYTES), { createNew: true });
    return undefined;
  } catch (error) {
    return `The folder of plugins' data, "${dataRoot}", can't be written: ${messageOf(error)}; ` +
      "free some space on its disk, or make it writable";
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** Whether Deno's program is still there, which `npx` keeps in a cache that people clear. */
export async function checkRuntime(denoPath: string): Promise<string | undefined> {
  try {
    await Deno.stat(denoPath);
    return undefined;
  } catch (error) {
    return `Deno's program is gone: ${messageOf(error)}; restart Codex`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
