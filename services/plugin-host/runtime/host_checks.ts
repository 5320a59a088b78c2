/** What the host tries of itself before it blames a plugin for a start that failed. */
import { join } from "node:path";
import { diskSpace, judgeSpace } from "../process/disk/free_space.ts";
import type { Detection } from "../process/sandbox/detection.ts";
import type { HostCheck } from "./host_state.ts";

/** What is tried, in this order: the disk, the runtime, and the sandbox where there is one. */
export function hostChecks(
  { dataRoot, denoPath, sandbox }: {
    readonly dataRoot: string;
    readonly denoPath: string;
    readonly sandbox: Detection;
  },
): HostCheck[] {
  return [
    () => checkDisk(dataRoot),
    () => checkRuntime(denoPath),
    ...(sandbox.available ? [sandbox.check] : []),
  ];
}

/** More than what fits into a file's own entry, so that a full disk is noticed. */
const TRIAL_BYTES = 64 * 1024;

/**
 * Whether there is space on the disk that plugins' data folders are on, and something can be
 * written to it.
 */
export async function checkDisk(
  dataRoot: string,
  readSpace = diskSpace,
): Promise<string | undefined> {
  const low = judgeSpace(await readSpace(dataRoot), dataRoot);
  if (low !== undefined) return low.reason;
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
async function checkRuntime(denoPath: string): Promise<string | undefined> {
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
