/** How the services reach their database: a server of our own, or one that the environment names. */
import { Failure } from "../failure.ts";
import { migrateDatabase } from "../migrate/migrate.ts";
import type { RolePasswords } from "../migrate/roles.ts";
import { type DatabaseRole, databaseRoles, urlVariable } from "../migrate/services.ts";
import { ensureRolePasswords, readRolePasswords } from "../secrets/database_passwords.ts";
import type { SecretStore } from "../secrets/store.ts";
import type { DatabaseSettings } from "./settings.ts";

export type RoleUrls = Readonly<Record<DatabaseRole, string>>;

/** How the services reach the database, and who may migrate it. */
export interface DatabaseAccess {
  readonly roleUrls: RoleUrls;
  /** Absent: it was migrated by somebody else. */
  readonly admin: { readonly url: string; readonly passwords: RolePasswords } | undefined;
}

/** @param url the superuser's */
export async function accessOwnServer(url: string, store: SecretStore): Promise<DatabaseAccess> {
  const passwords = await ensureRolePasswords(store);
  return { roleUrls: roleUrlsOn(url, passwords), admin: { url, passwords } };
}

/**
 * A server that the environment names. Each role's URL is the one given for it, else made from the
 * server's and the password that the data folder keeps for the role.
 *
 * @param openStore called only where a role's URL is not given
 * @throws {Failure} when a role has neither
 */
export async function accessNamedServer(
  settings: DatabaseSettings,
  openStore: () => Promise<SecretStore>,
): Promise<DatabaseAccess> {
  const { adminUrl } = settings;
  const roleUrls = await completeRoleUrls(settings, openStore);
  if (adminUrl === undefined) return { roleUrls, admin: undefined };
  return { roleUrls, admin: { url: adminUrl, passwords: passwordsOf(roleUrls) } };
}

async function completeRoleUrls(
  { url, adminUrl, roleUrls }: DatabaseSettings,
  openStore: () => Promise<SecretStore>,
): Promise<RoleUrls> {
  const missing = databaseRoles.filter((role) => roleUrls[role] === undefined);
  if (missing.length === 0) return roleUrls as RoleUrls;
  const store = await openStore();
  const passwords = adminUrl === undefined
    ? await readRolePasswords(store)
    : await ensureRolePasswords(store);
  const server = url ?? adminUrl;
  if (server !== undefined && passwords !== undefined) {
    return { ...roleUrlsOn(server, passwords), ...roleUrls };
  }
  throw new Failure(
    "The services' database roles are not known: name an administrator's URL in " +
      "CODEX_DATABASE_ADMIN_URL_FILE, which makes them, or the URL of each role in " +
      missing.map((role) => `${urlVariable(role)}_FILE`).join(", "),
  );
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

/** The roles get the passwords that their URLs name; without one, a role keeps what it has. */
function passwordsOf(urls: RoleUrls): RolePasswords {
  return Object.fromEntries(databaseRoles.map((role) => {
    const { username, password } = new URL(urls[role]);
    if (decodeURIComponent(username) !== role) {
      throw new Failure(`${urlVariable(role)} must be a URL of the role "${role}"`);
    }
    return [role, decodeURIComponent(password)];
  })) as RolePasswords;
}
