/** Login roles, their schemas and their rights. All statements may be repeated. */
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { scramVerifier } from "./scram.ts";
import {
  databaseFolder,
  type DatabaseRole,
  databaseRoles,
  type DatabaseService,
  databaseServices,
  schemasOf,
} from "./services.ts";

/** An empty one leaves the role's as it is. */
export type RolePasswords = Readonly<Record<DatabaseRole, string>>;

const ATTEMPTS_MAX = 10;
/** What the server answers when another session changes the same role at the same moment. */
const collisions = new Set(["XX000", "23505", "42710"]);

/**
 * Makes every role with the password given for it, and lets them alone connect.
 *
 * Roles belong to the whole server, which the advisory lock (one per database) doesn't cover, so
 * two programs that migrate two databases can collide here.
 */
export async function ensureRoles(sql: Sql, passwords: RolePasswords): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await tryEnsureRoles(sql, passwords);
    } catch (error) {
      const code = error instanceof postgres.PostgresError ? error.code : "";
      if (!collisions.has(code) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function tryEnsureRoles(sql: Sql, passwords: RolePasswords): Promise<void> {
  for (const { role, schema } of databaseServices.flatMap(rolesOf)) {
    const [known] = await sql`select 1 from pg_roles where rolname = ${role}`;
    if (!known) await sql`create role ${sql(role)} login`;
    if (passwords[role] !== "") {
      const verifier = await scramVerifier(passwords[role]);
      await sql.unsafe(`alter role ${role} login password '${verifier}'`);
    }
    await sql`alter role ${sql(role)} set search_path to ${sql(schema)}`;
  }
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  await openToRoles(sql, row!.name);
}

/** Lets the roles, and besides the owner them alone, connect to a database. */
export async function openToRoles(sql: Sql, database: string): Promise<void> {
  await sql`revoke all on database ${sql(database)} from public`;
  await sql`grant connect on database ${sql(database)} to ${sql(databaseRoles)}`;
}

function rolesOf(service: DatabaseService): { role: DatabaseRole; schema: string }[] {
  return service.roles.map((role) => ({ role, schema: service.schema }));
}

/**
 * Makes the service's schemas and, before its migrations run, the rights its roles get on whatever
 * they create. As default privileges they are given once, with the table: a migration that takes
 * some back is not undone by the next start. A service with its own `grants.sql` gets none of them.
 */
export async function ensureSchemas(
  sql: Sql,
  service: DatabaseService,
  tree?: string,
): Promise<void> {
  const ownGrants = await readGrants(service, tree) !== undefined;
  for (const name of schemasOf(service)) await ensureSchema(sql, service, name, ownGrants);
}

async function ensureSchema(
  sql: Sql,
  service: DatabaseService,
  schemaName: string,
  ownGrants: boolean,
): Promise<void> {
  const schema = sql(schemaName);
  // IF NOT EXISTS alone would ask for CREATE on the database even when the schema is there.
  const [known] = await sql`select 1 from pg_namespace where nspname = ${schemaName}`;
  if (!known) await sql`create schema ${schema}`;
  for (const name of service.roles) {
    const role = sql(name);
    await sql`grant usage on schema ${schema} to ${role}`;
    if (ownGrants) continue;
    const rights = sql`alter default privileges in schema ${schema} grant`;
    await sql`${rights} select, insert, update, delete on tables to ${role}`;
    await sql`${rights} usage, select on sequences to ${role}`;
    await sql`${rights} execute on functions to ${role}`;
  }
}

/** After the migrations: the service's own grants, and the migration table for reading only. */
export async function applyGrants(
  sql: Sql,
  service: DatabaseService,
  tree?: string,
): Promise<void> {
  const grants = await readGrants(service, tree);
  const table = sql`${sql(service.schema)}.migrations`;
  // In one transaction: other replicas may be at work, and grants.sql may begin by revoking all.
  await sql.begin(async (sql) => {
    if (grants !== undefined) await sql.unsafe(grants);
    for (const name of service.roles) {
      await sql`revoke all on ${table} from ${sql(name)}`;
      await sql`grant select on ${table} to ${sql(name)}`;
    }
  });
}

async function readGrants(service: DatabaseService, tree?: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(databaseFolder(service.name, tree), "grants.sql"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
