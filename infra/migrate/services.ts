/**
 * Who keeps data: the one table of schemas and login roles. A service has rights on its own schemas
 * alone, and its roles own nothing.
 */
import { join } from "node:path";
import { repository } from "../repository.ts";

export const databaseServices = [
  { name: "auth", schema: "auth", roles: ["codex_auth"] },
  { name: "library", schema: "library", roles: ["codex_library"] },
  { name: "plugin-host", schema: "plugin_host", roles: ["codex_plugin_host"] },
  // The second role sweeps, purges and counts across connections, past row-level security.
  { name: "storage", schema: "storage", roles: ["codex_storage", "codex_storage_maintenance"] },
  { name: "sync", schema: "sync", roles: ["codex_sync"] },
] as const;

/** Second schemas, filled by the service's own migrations: those of its job engine. */
const jobSchemas: Readonly<Partial<Record<DatabaseServiceName, string>>> = {
  sync: "pgboss_sync",
};

export type DatabaseService = (typeof databaseServices)[number];
export type DatabaseServiceName = DatabaseService["name"];
export type DatabaseRole = DatabaseService["roles"][number];

export const databaseRoles: readonly DatabaseRole[] = databaseServices.flatMap((it) => it.roles);

/** Every schema that a service has rights on; its own, which keeps its migrations, comes first. */
export function schemasOf({ name, schema }: DatabaseService): string[] {
  const jobs = jobSchemas[name];
  return jobs === undefined ? [schema] : [schema, jobs];
}

/** The variable that carries a role's URL: `CODEX_AUTH_DATABASE_URL` for `codex_auth`. */
export function urlVariable(role: DatabaseRole): string {
  return `${role.toUpperCase()}_DATABASE_URL`;
}

/** A service's folder of schema, migrations and, where it narrows its roles' rights, `grants.sql`. */
export function databaseFolder(service: DatabaseServiceName, tree = repository): string {
  return join(tree, "services", service, "db");
}
