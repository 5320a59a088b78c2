/** What a platform keeps on disk, in its data folder and, for programs that can't pass it, beside it. */
import { join } from "node:path";
import { removeDataDir as removeWithCluster } from "../../infra/postgres/home.ts";

/** Where plugins' folders lie: elsewhere where their user can't pass the data folder. */
export async function pluginHome(dataDir: string): Promise<string> {
  try {
    const note: unknown = JSON.parse(await Deno.readTextFile(join(dataDir, "plugin-home.json")));
    return String(Object(note).folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return dataDir;
    throw error;
  }
}

/** Removes a data folder, with the plugins' folders and the cluster that may lie elsewhere for it. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const home = await pluginHome(dataDir);
  if (home !== dataDir) await Deno.remove(home, { recursive: true }).catch(() => {});
  await removeWithCluster(dataDir);
}
