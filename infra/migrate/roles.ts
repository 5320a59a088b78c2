/** Login roles, their schemas and their rights. All statements may be repeated. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { scramVerifier } from "./scram.ts";
import {
  databaseFolder,
  type DatabaseRole,
  databaseRoles,
  type DatabaseService,
} from "./services.ts";

export type RolePasswords = Readonly<Record<DatabaseRole, string>>;

/** Makes every role with the password given for it, and lets them alone connect. */
export async function ensureRoles(sql: Sql, passwords: RolePasswords): Promise<void> {
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  const database = sql(row!.name);
  await sql`revoke all on database ${database} from public`;
  for (const role of databaseRoles) {
    const [known] = await sql`select 1 from pg_roles where rolname = ${role}`;
    if (!known) await sql`create role ${sql(role)} login`;
    const verifier = await scramVerifier(passwords[role]);
    await sql.unsafe(`alter role ${role} login password '${verifier}'`);
    await sql`grant connect on database ${database} to ${sql(role)}`;
  }
}

/**
 * Makes the service's schema and, before its migrations run, the rights its roles get on whatever
 * they create. As default privileges they are given once, with the table: a migration that takes
 * some back is not undone by the next start. A service with its own `grants.sql` gets none of them.
 */
export async function ensureSchema(sql: Sql, service: DatabaseService): Promise<void> {
  const schema = sql(service.schema);
  // IF NOT EXISTS alone would ask for CREATE on the database even when the schema is there.
  const [known] = await sql`select 1 from pg_namespace where nspname = ${service.schema}`;
  if (!known) await sql`create schema ${schema}`;
  const ownGrants = await readGrants(service) !== undefined;
  for (const name of service.roles) {
    const role = sql(name);
    await sql`alter role ${role} set search_path to ${schema}`;
    await sql`grant usage on schema ${schema} to ${role}`;
    if (ownGrants) continue;
    const rights = sql`alter default privileges in schema ${schema} grant`;
    await sql`${rights} select, insert, update, delete on tables to ${role}`;
    await sql`${rights} usage, select on sequences to ${role}`;
    await sql`${rights} execute on functions to ${role}`;
  }
}

/** After the migrations: the service's own grants, and the migration table for reading only. */
export async function applyGrants(sql: Sql, service: DatabaseService): Promise<void> {
  const grants = await readGrants(service);
  if (grants !== undefined) await sql.unsafe(grants);
  const table = sql`${sql(service.schema)}.migrations`;
  for (const name of service.roles) {
    await sql`revoke all on ${table} from ${sql(name)}`;
    await sql`grant select on ${table} to ${sql(name)}`;
  }
}

async function readGrants(service: DatabaseService): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(databaseFolder(service.name), "grants.sql"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
