/**
 * `deno task db:migrate`: makes the services' roles and applies every migration, with the
 * administrator's URL in CODEX_DATABASE_ADMIN_URL (or its _FILE), else on the platform's own server.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { lockDataDir, tryLockDataDir } from "../data_dir.ts";
import { accessNamedServer, accessOwnServer, type DatabaseAccess } from "../database/access.ts";
import {
  ownAdminUrl,
  runningAdminUrl,
  startOwnServer,
  usesOwnServer,
} from "../database/own_server.ts";
import { databaseVariables, toDatabaseSettings } from "../database/settings.ts";
import { exitOnFailure, Failure } from "../failure.ts";
import { openSecretStore } from "../secrets/store.ts";
import { type Environment, readVariables } from "../variables.ts";
import { migrateDatabase } from "./migrate.ts";

if (import.meta.main) await exitOnFailure(() => main(Deno.env.toObject()));

async function main(environment: Environment): Promise<number> {
  const values = readVariables(environment, {
    ...databaseVariables,
    CODEX_DATA_DIR: z.string().default(".codex"),
  });
  const settings = toDatabaseSettings(values);
  const dataDir = resolve(values.CODEX_DATA_DIR);
  await using parts = new AsyncDisposableStack();
  if (usesOwnServer(settings)) {
    await migrate(await openOwnServer(dataDir, parts));
  } else {
    const openStore = async () => {
      parts.use(await lockDataDir(dataDir));
      return await openSecretStore(dataDir);
    };
    await migrate(await accessNamedServer(settings, openStore));
  }
  return 0;
}

/** Our own server: the one that a supervisor runs now, else started for the moment. */
async function openOwnServer(
  dataDir: string,
  parts: AsyncDisposableStack,
): Promise<DatabaseAccess> {
  const lock = await tryLockDataDir(dataDir);
  const store = await openSecretStore(dataDir);
  if (lock === undefined) return accessOwnServer(await runningAdminUrl(dataDir, store), store);
  parts.use(lock);
  const server = await startOwnServer(dataDir, store, () => {});
  parts.defer(() => server.stop());
  return await accessOwnServer(ownAdminUrl(server), store);
}

async function migrate({ admin }: DatabaseAccess): Promise<void> {
  if (admin === undefined) {
    throw new Failure("Name an administrator's URL in CODEX_DATABASE_ADMIN_URL_FILE");
  }
  const reports = await migrateDatabase({ adminUrl: admin.url, passwords: admin.passwords });
  for (const { service, applied, total } of reports) {
    console.log(`${service}: ${applied} applied, ${total} in all`);
  }
}
