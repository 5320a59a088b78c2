/** The embedded server as the platform's own: its password, its one database. */
import { join } from "node:path";
import postgres from "postgres";
import { Failure, reasonOf } from "../failure.ts";
import { type EmbeddedServer, readPort, startServer, superuserUrl } from "../postgres/server.ts";
import { ensureAdminPassword } from "../secrets/database_passwords.ts";
import type { SecretStore } from "../secrets/store.ts";
import type { DatabaseSettings } from "./settings.ts";

const DATABASE = "codex";

export function usesOwnServer(settings: DatabaseSettings): boolean {
  return settings.url === undefined && settings.adminUrl === undefined &&
    Object.keys(settings.roleUrls).length === 0;
}

/**
 * Starts our own server below `dataDir` and makes its database.
 *
 * @param promisedPorts where others are going to listen
 */
export async function startOwnServer(
  dataDir: string,
  store: SecretStore,
  onLog: (line: string) => void,
  promisedPorts: ReadonlySet<number> = new Set(),
): Promise<EmbeddedServer> {
  const password = await ensureAdminPassword(store);
  const server = await startServer({ dataDir, password, durable: true, onLog, promisedPorts });
  try {
    await ensureDatabase(server);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The superuser's URL of the platform's database. */
export function ownAdminUrl(server: EmbeddedServer): string {
  return server.adminUrl(DATABASE);
}

/** The same for a server that another program of ours runs. */
export async function runningAdminUrl(dataDir: string, store: SecretStore): Promise<string> {
  const port = await readPort(join(dataDir, "postgres"));
  return superuserUrl(port, await ensureAdminPassword(store), DATABASE);
}

async function ensureDatabase(server: EmbeddedServer): Promise<void> {
  const sql = postgres(server.adminUrl("postgres"), { max: 1, onnotice: () => {} });
  try {
    await sql`select 1`.catch((error) => {
      const reason = "see secrets/database/codex_admin in the data folder";
      throw new Failure(`The database refuses its own password (${reasonOf(error)}): ${reason}`);
    });
    const [known] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (!known) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
