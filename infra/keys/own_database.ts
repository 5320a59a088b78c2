/** The platform's own database for the key tasks, which are needed most while the platform doesn't start. */
import { join } from "node:path";
import { tryLockDataDir } from "../data_dir.ts";
import { accessOwnServer } from "../database/access.ts";
import { ownAdminUrl, startOwnServer, usesOwnServer } from "../database/own_server.ts";
import type { DevConfig } from "../dev/config.ts";
import { writeDatabaseUrls } from "../dev/secret_files.ts";
import { openSecretStore } from "../secrets/store.ts";

/**
 * Starts our own server for the moment where there is one and no supervisor runs it: with a key that is
 * lost none can. What `parts` holds ends it.
 */
export async function openOwnDatabase(
  { dataDir, database }: Pick<DevConfig, "dataDir" | "database">,
  parts: AsyncDisposableStack,
): Promise<void> {
  if (!usesOwnServer(database) || !await isFolder(join(dataDir, "postgres"))) return;
  const lock = await tryLockDataDir(dataDir);
  if (lock === undefined) return;
  parts.use(lock);
  const store = await openSecretStore(dataDir);
  const server = await startOwnServer(dataDir, store, () => {});
  parts.defer(() => server.stop());
  // Its port may be another than at the last start.
  const { roleUrls } = await accessOwnServer(ownAdminUrl(server), store);
  await writeDatabaseUrls(store, roleUrls);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}
