/** The private folder of a plugin and connection, which its process gets as `dataDir`. */
import { join } from "node:path";
import { runProgram } from "@codex/service/program";

/** Numeric, as the system takes them. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Others may pass, not list: the sandbox's user has to reach its own folder below. */
const PASSABLE = 0o711;
const PRIVATE = 0o700;

/** A slow disk may hold a folder of as many files as a plugin may have. */
const REMOVING_MS_MAX = 5 * 60_000;

/** Folders that each process finds in its private one. */
export const FOLDERS_OF_HOST: readonly string[] = ["home", "tmp"];

/**
 * Makes the folder `<root>/<path…>` where it is missing, open to its owner alone.
 *
 * A folder that another user owns, because the plugin ran at another level before, is emptied: its content would be of
 * no use, and a data folder may be empty at any start (architecture.md "State, replicas and scale"). Nothing that a
 * plugin wrote is ever given to another user: a link in it could lead anywhere.
 *
 * @param owner undefined for the host's own user
 * @returns its real path
 */
export async function makeDataFolder(
  root: string,
  path: readonly string[],
  owner: SystemUser | undefined,
): Promise<string> {
  let folder = root;
  await Deno.mkdir(root, { recursive: true, mode: PASSABLE });
  for (const part of path.slice(0, -1)) {
    folder = join(folder, part);
    await makePassable(folder);
  }
  folder = join(folder, path.at(-1) ?? "");
  await makePrivate(folder, owner);
  for (const part of FOLDERS_OF_HOST) {
    const path = join(folder, part);
    const found = await Deno.lstat(path).catch(() => undefined);
    // A plugin may have put a file or a link in its place.
    if (found !== undefined && !found.isDirectory) await removeFolder(path);
    // At level 3 the sandbox makes them, as its own user.
    if (owner === undefined) await Deno.mkdir(path, { recursive: true, mode: PRIVATE });
  }
  return await Deno.realPath(folder);
}

async function makePassable(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, PASSABLE);
}

async function makePrivate(folder: string, owner: SystemUser | undefined): Promise<void> {
  const wantedUid = owner?.uid ?? Deno.uid();
  const found = await Deno.lstat(folder).catch(() => undefined);
  if (found?.isDirectory && found.uid === wantedUid) return await openDataFolder(folder);
  if (found !== undefined) await removeFolder(folder);
  // Given to its owner before it has its name: whoever starts at the same time finds it finished.
  const fresh = `${folder}.${crypto.randomUUID()}`;
  await Deno.mkdir(fresh, { mode: PRIVATE });
  if (owner !== undefined) await Deno.chown(fresh, owner.uid, owner.gid);
  try {
    await Deno.rename(fresh, folder);
  } catch {
    await Deno.remove(fresh);
  }
}

/** Its plugin may have closed it to itself, and to a host that is the same user. */
export async function openDataFolder(folder: string): Promise<void> {
  const found = await Deno.lstat(folder).catch(() => undefined);
  if (!found?.isDirectory || ((found.mode ?? PRIVATE) & 0o777) === PRIVATE) return;
  await Deno.chmod(folder, PRIVATE);
}

/**
 * Removes a folder with all that is in it. By `rm`: Deno's own way goes down by recursion, and a plugin that nests folders
 * deeply enough would end the host by it [tried].
 */
export async function removeFolder(folder: string): Promise<void> {
  if (await run("rm", ["-rf", "--", folder])) return;
  // What the plugin closed to its owner, who is the host's own user unless that is root.
  await run("chmod", ["-R", "u+rwX", "--", folder]);
  if (!await run("rm", ["-rf", "--", folder])) {
    throw new Error(`Folder "${folder}" can't be removed`);
  }
}

async function run(program: string, args: string[]): Promise<boolean> {
  return (await runProgram({ command: program, args, timeoutMs: REMOVING_MS_MAX })).success;
}
