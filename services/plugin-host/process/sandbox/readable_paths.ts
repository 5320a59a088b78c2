/**
 * Files and folders in a form that the sandbox's user can read.
 *
 * A host that is root runs plugins as another user, who can't pass a closed folder such as a 0700 home (npx keeps Deno in
 * one). So each file and folder is copied once to a place that everyone can reach and only the host can write.
 */
import { basename, join } from "node:path";
import { runProgram } from "@codex/service/program";
import { listTree, treeDigest, type TreeEntry } from "../folder_tree.ts";
import { removeOld } from "../old_entries.ts";

export interface ReadablePaths {
  /**
   * Where the sandbox's user reads what lies at `path`, a real path.
   * @throws {Error} if it is gone, or too large to be copied
   */
  readableAt(path: string): Promise<string>;
  /** The same for what hardly ever changes: it may have been looked at a minute ago. */
  readableSteadily(path: string): Promise<string>;
}

/** Of a host that isn't root: the sandbox's user is its own. */
export const samePaths: ReadablePaths = {
  readableAt: (path) => Promise.resolve(path),
  readableSteadily: (path) => Promise.resolve(path),
};

const LIMITS = { entriesMax: 50_000, bytesMax: 512 * 1024 * 1024 };
/** A copy that nobody asked for during this time is removed at the next start. */
const UNUSED_MS_MAX = 7 * 24 * 3600 * 1000;
/** Looking through the files of the installation would delay each start by some milliseconds. */
const KNOWN_MS_MAX = 60_000;

const FOLDER_MODE = 0o755;
const isExecutable = (mode: number | null) => ((mode ?? 0) & 0o111) !== 0;

/** Copies below one folder, which must be open to everyone and writable by the host alone. */
export class ReadableCopies implements ReadablePaths {
  readonly #folder: string;
  readonly #linkPath: string | undefined;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly copy: string; readonly until: number }>();

  /**
   * @param linkPath the program `ln`: it makes symlinks, and a large file needs no second place on
   * the disk
   * @param now milliseconds that never go backwards
   */
  constructor(folder: string, linkPath: string | undefined, now = () => performance.now()) {
    this.#folder = folder;
    this.#linkPath = linkPath;
    this.#now = now;
  }

  /** The name of a copy says what it was made of, so that a change makes another. */
  async readableAt(path: string): Promise<string> {
    const entries = await listTree(path, LIMITS);
    const copy = join(this.#folder, treeDigest(path, entries.map(unlinked)), basename(path));
    if (!await exists(copy)) await this.#make(path, entries, copy);
    else await Deno.utime(join(copy, ".."), new Date(), new Date()).catch(() => {});
    return copy;
  }

  async readableSteadily(path: string): Promise<string> {
    const known = this.#known.get(path);
    if (known !== undefined && this.#now() < known.until && await exists(known.copy)) {
      return known.copy;
    }
    const copy = await this.readableAt(path);
    this.#known.set(path, { copy, until: this.#now() + KNOWN_MS_MAX });
    return copy;
  }

  /** Removes what was not used for a week. */
  async removeUnused(now: number): Promise<void> {
    await removeOld(this.#folder, { now, ageMsMin: UNUSED_MS_MAX });
  }

  /** Made beside its place and moved there as a whole: nobody sees half a copy. */
  async #make(source: string, entries: readonly TreeEntry[], copy: string): Promise<void> {
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

  /** Where both lie on one disk. */
  async #link(from: string, to: string, info: Deno.FileInfo): Promise<boolean> {
    if (!isLinked(info)) return false;
    return await this.#runLink("--", from, to);
  }

  async #runLink(...args: string[]): Promise<boolean> {
    if (this.#linkPath === undefined) return false;
    const program = { command: this.#linkPath, args, timeoutMs: LINKING_MS_MAX };
    return (await runProgram(program)).success;
  }
}

const LINKED_BYTES_MIN = 1024 * 1024;
/** A runtime of 100 MB that everyone may run. */
const isLinked = ({ mode, size }: Deno.FileInfo) =>
  ((mode ?? 0) & 0o777) === 0o755 && size >= LINKED_BYTES_MIN;

/** A link counts as a change of the file that it leads to. */
function unlinked({ path, info }: TreeEntry): TreeEntry {
  return { path, info: isLinked(info) ? { ...info, ctime: null } : info };
}

const LINKING_MS_MAX = 10_000;

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
