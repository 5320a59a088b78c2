/** What lies in a folder, and whether it is still the same. */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** One entry of a tree, with what tells whether it has changed. */
export interface TreeEntry {
  /** Below the tree's root; "" for the root itself. */
  readonly path: string;
  readonly info: Deno.FileInfo;
}

export interface TreeLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/**
 * Every entry of a file or folder, parents first, in a fixed order. Links are not followed.
 * @throws {Error} if there is more than the limits allow
 */
export async function listTree(root: string, limits: TreeLimits): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [{ path: "", info: await Deno.lstat(root) }];
  let bytes = entries[0]?.info.size ?? 0;
  for (let index = 0; index < entries.length; index++) {
    const { path, info } = entries[index]!;
    if (!info.isDirectory) continue;
    const names = (await Array.fromAsync(Deno.readDir(join(root, path)))).map(({ name }) => name);
    const found = await Promise.all(
      names.sort().map(async (name): Promise<TreeEntry> => {
        const below = join(path, name);
        return { path: below, info: await Deno.lstat(join(root, below)) };
      }),
    );
    entries.push(...found);
    bytes += found.reduce((sum, entry) => sum + entry.info.size, 0);
    if (entries.length > limits.entriesMax || bytes > limits.bytesMax) {
      throw new Error(
        `Folder "${root}" is too large for a sandbox: at most ${limits.entriesMax} entries and ${
          limits.bytesMax / 1024 / 1024
        } MiB`,
      );
    }
  }
  return entries;
}

/**
 * Differs a second after something of the tree has changed, at the latest. Whoever writes a file
 * chooses its size and `mtime`; nobody can set `ctime`, which Deno tells to the second [tried].
 */
export function treeDigest(root: string, entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256").update(root);
  for (const { path, info } of entries) {
    hash.update(`\0${path}\0${info.size}\0${info.mtime?.getTime()}\0${info.mode}`);
    hash.update(`\0${info.ctime?.getTime()}`);
  }
  return hash.digest("hex").slice(0, 32);
}
