/** The private folders of plugins and connections below one root. Ids are UUIDs, so they are safe as names. */
import { join } from "node:path";
import { type PluginDataUse, PluginId, type TicketClaims } from "@codex/protocol";
import { FOLDERS_OF_HOST, removeFolder } from "../process/data_folder.ts";
import { measureUnlinked } from "../process/disk/unlinked_files.ts";
import { DATA_BYTES_MAX, measureFolders } from "../process/data_usage.ts";

export interface PrivateProcess {
  readonly pid: number;
  /** The private folder of its plugin or connection. */
  readonly privateFolder: string;
}

/** Path of a process's private folder, below the root. */
export function dataPathOf(pluginId: PluginId, claims: TicketClaims | undefined): string[] {
  return claims === undefined
    ? [pluginId, "system"]
    : [pluginId, "users", claims.userId, claims.connectionId];
}

/** Of one process that is only asked for its manifest: no folder that another one uses. */
export function probePathOf(pluginId: PluginId): string[] {
  return [pluginId, "probe", crypto.randomUUID()];
}

export async function pluginsWithData(root: string): Promise<PluginId[]> {
  const ids = (await namesIn(root)).map((name) => PluginId.safeParse(name));
  return ids.flatMap(({ data }) => data === undefined ? [] : [data]);
}

/**
 * Of a plugin's folders that hold something of its own, and of those that connections to it have.
 *
 * @param running processes, some of which may be the plugin's and hold files without a name
 */
export async function dataUseOf(
  root: string,
  pluginId: PluginId,
  running: Iterable<PrivateProcess>,
): Promise<PluginDataUse> {
  const plugin = join(root, pluginId);
  const users = join(plugin, "users");
  const own = ["system", "probe"].map((name) => ({ connectionId: null, path: join(plugin, name) }));
  const ofUsers = await Promise.all((await namesIn(users)).map(async (user) => {
    const connections = await namesIn(join(users, user));
    return connections.map((id) => ({ connectionId: id, path: join(users, user, id) }));
  }));
  const places = [...own, ...ofUsers.flat()];
  const paths = places.map(({ path }) => path);
  const holders = [...running].filter(({ privateFolder }) => paths.includes(privateFolder))
    .map(({ pid, privateFolder }) => ({ pid, dataFolder: privateFolder }));
  const [usages, unlinked] = await Promise.all([
    measureFolders(paths),
    measureUnlinked(holders),
  ]);
  const folders = (await Promise.all(places.map(async ({ connectionId, path }) => {
    const { bytes: named, files: inodes } = usages.get(path) ?? { bytes: 0, files: 0 };
    const unlinkedBytes = unlinked.get(path) ?? 0;
    const bytes = named + unlinkedBytes;
    const files = inodes - await countFoldersOfHost(path);
    return files > 0 || unlinkedBytes > 0 ? [{ connectionId, bytes, unlinkedBytes, files }] : [];
  }))).flat();
  const totalBytes = folders.reduce((sum, { bytes }) => sum + bytes, 0);
  return { folders, totalBytes, limitBytes: DATA_BYTES_MAX };
}

/** One by one: a plugin's folder may be too full, or its names too odd, to be listed. */
async function countFoldersOfHost(folder: string): Promise<number> {
  const found = await Promise.all(
    FOLDERS_OF_HOST.map((name) => Deno.lstat(join(folder, name)).catch(() => undefined)),
  );
  return found.filter((it) => it?.isDirectory).length;
}

export async function removePluginData(root: string, pluginId: PluginId): Promise<void> {
  await removeFolder(join(root, pluginId));
}

/** Removes the folders of connections that are gone, or whose users are, and those of users that are left empty. */
export async function removeUserData(
  root: string,
  isGone: (connectionOrUserId: string) => boolean,
): Promise<void> {
  for (const pluginId of await namesIn(root)) {
    const users = join(root, pluginId, "users");
    for (const userId of await namesIn(users)) {
      const user = join(users, userId);
      if (isGone(userId)) {
        await removeFolder(user);
        continue;
      }
      // One that was being made has more behind the id: see `makeDataFolder`.
      const gone = (await namesIn(user)).filter((name) => isGone(name.split(".", 1)[0] ?? name));
      for (const name of gone) await removeFolder(join(user, name));
      if (gone.length > 0) await removeIfEmpty(user);
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return entries.map(({ name }) => name);
}

async function removeIfEmpty(folder: string): Promise<void> {
  if ((await namesIn(folder)).length > 0) return;
  // Somebody may be making a folder in it at this moment.
  await Deno.remove(folder).catch(() => {});
}
