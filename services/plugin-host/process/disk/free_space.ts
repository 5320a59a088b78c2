/** What is left of the disk that plugins write to, which may be the database's too. */
import { statfs } from "node:fs/promises";

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** No plugin runs while less is left: this much, or a twentieth of a small disk. */
const RESERVE_BYTES = 1024 * 1024 * 1024;
const RESERVE_SHARE = 0.05;

/** Of the space that is kept free: with less, there is no time to find out who took it. */
const URGENT_SHARE = 0.5;

/** Of the disk that holds `folder`; undefined while there is no such folder. */
export async function diskSpace(folder: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

export interface LowSpace {
  /** Why no plugin may run, with what to do. */
  readonly reason: string;
  readonly isUrgent: boolean;
}

/** @returns undefined if there is enough */
export function judgeSpace(space: DiskSpace | undefined, folder: string): LowSpace | undefined {
  if (space === undefined) return undefined;
  const reserve = Math.min(RESERVE_BYTES, space.totalBytes * RESERVE_SHARE);
  if (space.freeBytes >= reserve) return undefined;
  const [left, needed] = [space.freeBytes, reserve].map((it) => Math.round(it / 1024 / 1024));
  return {
    reason: `The disk of plugins' data, "${folder}", has ${left} MiB left, and plugins run only ` +
      `while there are ${needed}: free some space on it`,
    isUrgent: space.freeBytes < reserve * URGENT_SHARE,
  };
}
