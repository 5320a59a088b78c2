/** Passwords of the database roles, made once per data folder. */
import type { RolePasswords } from "../migrate/roles.ts";
import { type DatabaseRole, databaseRoles } from "../migrate/services.ts";
import { randomSecret, type SecretStore } from "./store.ts";

const name = (role: DatabaseRole | "codex_admin") => `database/${role}`;

/** Of the embedded server's superuser. */
export function ensureAdminPassword(store: SecretStore): Promise<string> {
  return store.ensure(name("codex_admin"), randomSecret);
}

export async function ensureRolePasswords(store: SecretStore): Promise<RolePasswords> {
  const entries = databaseRoles.map(async (role) =>
    [role, await store.ensure(name(role), randomSecret)] as const
  );
  return Object.fromEntries(await Promise.all(entries)) as RolePasswords;
}

/** The passwords that an earlier `db:migrate` gave the roles, or undefined where it never ran. */
export async function readRolePasswords(store: SecretStore): Promise<RolePasswords | undefined> {
  const entries = await Promise.all(
    databaseRoles.map(async (role) => [role, await store.read(name(role))] as const),
  );
  if (entries.some(([, password]) => password === undefined)) return undefined;
  return Object.fromEntries(entries) as RolePasswords;
}
