/** Clears what nobody uses any more out of folders that several hosts may share. */
import { join } from "node:path";

export interface OldEntries {
  /** Of the names; all names where it is missing. */
  readonly prefix?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Since an entry was last written or touched; a younger one may be in another host's use. */
  readonly ageMsMin: number;
  /** How one is removed; what can't be removed stays. */
  readonly remove?: (path: string) => Promise<void>;
}

export async function removeOld(
  folder: string,
  { prefix = "", now, ageMsMin, remove = removeTree }: OldEntries,
): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    const usedAt = (await Deno.lstat(path).catch(() => undefined))?.mtime?.getTime() ?? now;
    if (now - usedAt >= ageMsMin) await remove(path).catch(() => {});
  }
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
}
