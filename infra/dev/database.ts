/** The database behind the services: a server of our own, or one that the environment names. */
import postgres from "postgres";
import { Failure } from "../failure.ts";
import { migrateDatabase } from "../migrate/migrate.ts";
import type { RolePasswords } from "../migrate/roles.ts";
import { type DatabaseRole, databaseRoles, urlVariable } from "../migrate/services.ts";
import { DATABASE } from "../postgres/cluster.ts";
import { type EmbeddedServer, startServer } from "../postgres/server.ts";
import {
  ensureAdminPassword,
  ensureRolePasswords,
  readRolePasswords,
} from "../secrets/database_passwords.ts";
import type { SecretStore } from "../secrets/store.ts";
import type { DatabaseSettings } from "./config.ts";

export type RoleUrls = Readonly<Record<DatabaseRole, string>>;

/** How the services reach the database, and who may migrate it. */
export interface DatabaseAccess {
  readonly roleUrls: RoleUrls;
  /** Absent: it was migrated by somebody else. */
  readonly admin: { readonly url: string; readonly passwords: RolePasswords } | undefined;
}

export function usesOwnServer(settings: DatabaseSettings): boolean {
  return settings.url === undefined && settings.adminUrl === undefined &&
    Object.keys(settings.roleUrls).length === 0;
}

/** Starts our own server below `dataDir` and makes its database. */
export async function startOwnServer(
  dataDir: string,
  store: SecretStore,
  onLog: (line: string) => void,
): Promise<EmbeddedServer> {
  const password = await ensureAdminPassword(store);
  const server = await startServer({ dataDir, password, durable: true, onLog });
  try {
    await ensureDatabase(server);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export async function accessOwnServer(
  server: Pick<EmbeddedServer, "adminUrl">,
  store: SecretStore,
): Promise<DatabaseAccess> {
  const passwords = await ensureRolePasswords(store);
  const url = server.adminUrl(DATABASE);
  return { roleUrls: roleUrlsOn(url, passwords), admin: { url, passwords } };
}

/**
 * A server that the environment names. Each role's URL is the one given for it, else made from the
 * server's and the password that this data folder keeps for the role.
 *
 * @throws {Failure} when there is neither
 */
export async function accessNamedServer(
  settings: DatabaseSettings,
  store: SecretStore,
): Promise<DatabaseAccess> {
  const { url, adminUrl, roleUrls } = settings;
  const server = url ?? adminUrl;
  const missing = databaseRoles.filter((role) => roleUrls[role] === undefined);
  if (missing.length === 0 && adminUrl === undefined) {
    return { roleUrls: roleUrls as RoleUrls, admin: undefined };
  }
  const kept = adminUrl === undefined
    ? await readRolePasswords(store)
    : await ensureRolePasswords(store);
  if (kept === undefined || server === undefined) {
    throw new Failure(
      "The services' database roles have no passwords yet: name an administrator's URL in " +
        "CODEX_DATABASE_ADMIN_URL_FILE, which makes the roles, or each role's URL in " +
        missing.map((role) => `${urlVariable(role)}_FILE`).join(", "),
    );
  }
  const urls = { ...roleUrlsOn(server, kept), ...roleUrls } as RoleUrls;
  if (adminUrl === undefined) return { roleUrls: urls, admin: undefined };
  return { roleUrls: urls, admin: { url: adminUrl, passwords: passwordsOf(urls) } };
}

/** Migrates where we may; else the services say themselves what is missing. */
export async function migrateIfAdmin(access: DatabaseAccess, tree: string): Promise<void> {
  const { admin } = access;
  if (admin !== undefined) {
    await migrateDatabase({ adminUrl: admin.url, passwords: admin.passwords, tree });
  }
}

function roleUrlsOn(server: string, passwords: RolePasswords): RoleUrls {
  return Object.fromEntries(databaseRoles.map((role) => {
    const url = new URL(server);
    [url.username, url.password] = [role, passwords[role]];
    return [role, url.href];
  })) as RoleUrls;
}

/** The roles get the passwords that their URLs name. */
function passwordsOf(urls: RoleUrls): RolePasswords {
  return Object.fromEntries(databaseRoles.map((role) => {
    const { username, password } = new URL(urls[role]);
    if (decodeURIComponent(username) !== role) {
      throw new Failure(`${urlVariable(role)} must be a URL of the role "${role}"`);
    }
    return [role, decodeURIComponent(password)];
  })) as RolePasswords;
}

async function ensureDatabase(server: EmbeddedServer): Promise<void> {
  const sql = postgres(server.adminUrl("postgres"), { max: 1, onnotice: () => {} });
  try {
    const [known] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (!known) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
