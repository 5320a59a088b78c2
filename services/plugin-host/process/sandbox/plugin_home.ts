/**
 * The folder that everything lies in which plugins reach: `<dataDir>` itself, or, where the host is root and the
 * sandbox's user can't pass the way there (a 0700 home), one below /var/tmp. A note in `<dataDir>` then says which.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import type { SystemUser } from "../data_folder.ts";

const OUTSIDE = "/var/tmp";
const NOTE_NAME = "plugin-home.json";
const Note = z.object({ folder: z.string().startsWith(`${OUTSIDE}/`) });

/**
 * @param dataDir a real path
 * @param user who has to reach it; undefined for the host's own user
 * @throws {Error} if the folder that was noted isn't the host's own any more
 */
export async function openPluginHome(
  dataDir: string,
  user: SystemUser | undefined,
): Promise<string> {
  if (user === undefined) return dataDir;
  const notePath = join(dataDir, NOTE_NAME);
  const noted = await readNote(notePath);
  if (noted !== undefined) return noted;
  if (await canPass(user, dataDir)) return dataDir;
  const folder = await Deno.makeTempDir({ dir: OUTSIDE, prefix: "codex-plugins-" });
  await Deno.chmod(folder, 0o711);
  await Deno.writeTextFile(notePath, JSON.stringify({ folder }), { mode: 0o600 });
  return folder;
}

/** The noted folder, if it is still there and still ours: everyone may write in /var/tmp. */
async function readNote(path: string): Promise<string | undefined> {
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) return undefined;
  const { folder } = Note.parse(JSON.parse(text));
  const info = await Deno.lstat(folder).catch(() => undefined);
  // What lies in it may be gone at any start.
  if (info === undefined) return undefined;
  if (info.isDirectory && info.uid === Deno.uid() && ((info.mode ?? 0) & 0o022) === 0) {
    return folder;
  }
  throw new Error(`Folder "${folder}" is not the plugin host's own: remove "${path}"`);
}

/** Whether `user` may pass every folder down to `folder`. */
async function canPass(user: SystemUser, folder: string): Promise<boolean> {
  for (let path = folder;; path = dirname(path)) {
    const { uid, gid, mode } = await Deno.stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if (((mode ?? 0) & bit) === 0) return false;
    if (dirname(path) === path) return true;
  }
}
