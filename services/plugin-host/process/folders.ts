/** Judgements about folders, always by real path: symlinks and `..` lead nowhere. */
import { isAbsolute, join, relative, sep } from "node:path";

/** The real path, or undefined where nothing is or it can't be read. */
export async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch {
    return undefined;
  }
}

/** Whether `path` is `folder` or lies in it; both must be real paths. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** More entries than any plugin has; beyond them a folder is refused rather than walked for ever. */
const ENTRIES_MAX = 50_000;

/**
 * The first thing in a plugin's folder that makes it unfit, in words; undefined if it is fit. A symlink that leads
 * outside would let a Deno plugin read there, as Deno's permissions follow it.
 */
export async function findFolderFault(folder: string): Promise<string | undefined> {
  const root = await realPathOf(folder);
  if (root === undefined) return "The folder can't be read";
  // Deno separates paths in its permission flags by commas.
  if (root.includes(",")) return "The folder's path has a comma in it";
  try {
    return await findFaultBelow(root);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return "A part of the folder can't be read";
  }
}

async function findFaultBelow(root: string): Promise<string | undefined> {
  const waiting = [root];
  let entries = 0;
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for await (const entry of Deno.readDir(current)) {
      if (++entries > ENTRIES_MAX) return `The folder has more than ${ENTRIES_MAX} entries`;
      const path = join(current, entry.name);
      if (entry.isDirectory) waiting.push(path);
      if (!entry.isSymlink) continue;
      const target = await realPathOf(path);
      if (target === undefined || !isInside(target, root)) {
        return `Symlink "${relative(root, path)}" leads outside the folder`;
      }
    }
  }
  return undefined;
}

export type WorkingDirectory =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Where a process works (security.md "Commands"): inside the plugin's folder or its data folder, or in a folder that
 * the admin names in full. A relative path counts from the plugin's folder.
 */
export async function resolveWorkingDirectory(
  wanted: string,
  folders: { readonly plugin: string | null; readonly data: string },
): Promise<WorkingDirectory> {
  const path = isAbsolute(wanted) ? wanted : join(folders.plugin ?? folders.data, wanted);
  const real = await realPathOf(path);
  if (real === undefined) {
    return { ok: false, reason: `Working directory "${wanted}" does not exist` };
  }
  if (!(await Deno.stat(real)).isDirectory) {
    return { ok: false, reason: `Working directory "${wanted}" is not a folder` };
  }
  if (isAbsolute(wanted)) return { ok: true, path: real };
  const home = await realPathOf(folders.plugin ?? folders.data);
  if (home !== undefined && isInside(real, home)) return { ok: true, path: real };
  return { ok: false, reason: `Working directory "${wanted}" leads outside the plugin's folder` };
}

/**
 * Judges a working directory when it is saved, as far as can be told then: the data folder that a
 * relative path of a plugin without a folder counts from is only made at its start.
 *
 * @param folder the plugin's own folder; null if it has none
 */
export async function judgeWorkingDirectory(
  wanted: string,
  folder: string | null,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }> {
  if (isAbsolute(wanted) || folder !== null) {
    return await resolveWorkingDirectory(wanted, { plugin: folder, data: folder ?? sep });
  }
  return isInside(join(sep, "data", wanted), join(sep, "data"))
    ? { ok: true }
    : { ok: false, reason: `Working directory "${wanted}" leads outside the plugin's data folder` };
}
