import { join } from "node:path";

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
