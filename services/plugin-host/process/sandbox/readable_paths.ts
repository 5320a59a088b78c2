/**
 * Files and folders in a form that the sandbox's user can read.
 *
 * A host that is root runs plugins as another user, who can't pass a closed folder such as a 0700 home (npx keeps Deno in
 * one). So each file and folder is copied once to a place that everyone can reach and only the host can write.
 */
import { basename, join } from "node:path";
import { createHash } from "node:crypto";
import { runProgram } from "@codex/service/program";

export interface ReadablePaths {
  /**
   * Where the sandbox's user reads what lies at `path`, a real path.
   * @throws {Error} if it is gone, or too large to be copied
   */
  readableAt(path: string): Promise<string>;
}

/** Of a host that isn't root: the sandbox's user is its own. */
export const samePaths: ReadablePaths = { readableAt: (path) => Promise.resolve(path) };

const ENTRIES_MAX = 50_000;
const BYTES_MAX = 512 * 1024 * 1024;
/** A copy that nobody asked for during this time is removed at the next start. */
const UNUSED_MS_MAX = 7 * 24 * 3600 * 1000;

const FOLDER_MODE = 0o755;
const isExecutable = (mode: number | null) => ((mode ?? 0) & 0o111) !== 0;

/** One entry of a tree, with what tells whether it has changed. */
interface Entry {
  /** Below the tree's root; "" for the root itself. */
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** Copies below one folder, which must be open to everyone and writable by the host alone. */
export class ReadableCopies implements ReadablePaths {
  readonly #folder: string;
  readonly #linkPath: string | undefined;

  /** @param linkPath the program `ln`: it makes symlinks, and a large file needs no second place on the disk */
  constructor(folder: string, linkPath: string | undefined) {
    this.#folder = folder;
    this.#linkPath = linkPath;
  }

  /** The name of a copy says what it was made of, so that a change makes another. */
  async readableAt(path: string): Promise<string> {
    const entries = await listTree(path);
    const copy = join(this.#folder, digestOf(path, entries), basename(path));
    if (!await exists(copy)) await this.#make(path, entries, copy);
    else await Deno.utime(join(copy, ".."), new Date(), new Date()).catch(() => {});
    return copy;
  }

  /** Removes what was not used for a week. */
  async removeUnused(now: number): Promise<void> {
    for await (const { name } of Deno.readDir(this.#folder)) {
      const path = join(this.#folder, name);
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info === undefined || now - (info.mtime?.getTime() ?? now) < UNUSED_MS_MAX) continue;
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }

  /** Made beside its place and moved there as a whole: nobody sees half a copy. */
  async #make(source: string, entries: readonly Entry[], copy: string): Promise<void> {
    const fresh = await Deno.makeTempDir({ dir: this.#folder, prefix: "new-" });
    const target = join(fresh, basename(source));
    for (const entry of entries) {
      await this.#copyEntry(join(source, entry.path), join(target, entry.path), entry.info);
    }
    await Deno.chmod(fresh, FOLDER_MODE);
    try {
      await Deno.rename(fresh, join(copy, ".."));
    } catch (error) {
      await Deno.remove(fresh, { recursive: true });
      if (!await exists(copy)) throw error;
    }
  }

  async #copyEntry(from: string, to: string, info: Deno.FileInfo): Promise<void> {
    if (info.isSymlink) return await this.#copySymlink(from, to);
    if (info.isDirectory) {
      await Deno.mkdir(to);
      return await Deno.chmod(to, FOLDER_MODE);
    }
    if (!info.isFile || await this.#link(from, to, info)) return;
    await Deno.copyFile(from, to);
    await Deno.chmod(to, isExecutable(info.mode) ? 0o755 : 0o644);
  }

  /** By `ln`, since `Deno.symlink` asks for the permission to write everywhere. */
  async #copySymlink(from: string, to: string): Promise<void> {
    if (!await this.#runLink("-s", "--", await Deno.readLink(from), to)) {
      throw new Error(`The symlink "${from}" can't be copied: is "ln" installed?`);
    }
  }

  /** A runtime of 100 MB that everyone may run is linked where both lie on one disk. */
  async #link(from: string, to: string, info: Deno.FileInfo): Promise<boolean> {
    const isOpen = ((info.mode ?? 0) & 0o777) === 0o755;
    if (!isOpen || info.size < LINKED_BYTES_MIN) return false;
    return await this.#runLink("--", from, to);
  }

  async #runLink(...args: string[]): Promise<boolean> {
    if (this.#linkPath === undefined) return false;
    const program = { command: this.#linkPath, args, timeoutMs: LINKING_MS_MAX };
    return (await runProgram(program)).success;
  }
}

const LINKED_BYTES_MIN = 1024 * 1024;
const LINKING_MS_MAX = 10_000;

/** Every entry of a file or folder, parents first, in a fixed order. Links are not followed. */
async function listTree(root: string): Promise<Entry[]> {
  const entries: Entry[] = [{ path: "", info: await Deno.lstat(root) }];
  let bytes = entries[0]?.info.size ?? 0;
  for (let index = 0; index < entries.length; index++) {
    const { path, info } = entries[index]!;
    if (!info.isDirectory) continue;
    const names = (await Array.fromAsync(Deno.readDir(join(root, path)))).map(({ name }) => name);
    const found = await Promise.all(
      names.sort().map(async (name): Promise<Entry> => {
        const below = join(path, name);
        return { path: below, info: await Deno.lstat(join(root, below)) };
      }),
    );
    entries.push(...found);
    bytes += found.reduce((sum, entry) => sum + entry.info.size, 0);
    if (entries.length > ENTRIES_MAX || bytes > BYTES_MAX) {
      throw new Error(
        `Folder "${root}" is too large for a sandbox: at most ${ENTRIES_MAX} entries and ${
          BYTES_MAX / 1024 / 1024
        } MiB`,
      );
    }
  }
  return entries;
}

function digestOf(root: string, entries: readonly Entry[]): string {
  const hash = createHash("sha256").update(root);
  for (const { path, info } of entries) {
    hash.update(`\0${path}\0${info.size}\0${info.mtime?.getTime()}\0${info.mode}`);
  }
  return hash.digest("hex").slice(0, 32);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
