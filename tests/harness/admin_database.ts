/** The database of a running platform as its superuser sees it. */
import postgres from "postgres";
import { runningAdminUrl } from "../../infra/database/own_server.ts";
import { openSecretStore } from "../../infra/secrets/store.ts";
import type { Platform } from "./platform.ts";

/** To be ended by the caller. */
export async function connectAsAdmin({ dataDir }: Platform): Promise<postgres.Sql> {
  const url = await runningAdminUrl(dataDir, await openSecretStore(dataDir));
  return postgres(url, { max: 1, onnotice: () => {} });
}
