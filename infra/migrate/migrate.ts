/** Brings a database to what this version of the services expects. */
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres, { type Sql } from "postgres";
import { Failure, reasonOf } from "../failure.ts";
import { countApplied, readMigrations } from "./journal.ts";
import { applyGrants, ensureRoles, ensureSchemas, type RolePasswords } from "./roles.ts";
import { type DatabaseService, type DatabaseServiceName, databaseServices } from "./services.ts";

/** "codex" as a number: any two programs that migrate one database must use the same. */
const ADVISORY_LOCK = 0x636f646578;

export interface MigrationOptions {
  /** A role that may create roles and schemas; what it creates stays its own. */
  readonly adminUrl: string;
  readonly passwords: RolePasswords;
  /** Only these services; all of them when absent. */
  readonly services?: readonly DatabaseServiceName[];
  /** The working tree whose `services/<name>/db` count; this one when absent. */
  readonly tree?: string;
}

export interface MigrationReport {
  readonly service: DatabaseServiceName;
  /** Migrations applied by this call, and in all. */
  readonly applied: number;
  readonly total: number;
}

/**
 * Roles, schemas, migrations and grants, under one advisory lock: drizzle takes none, and several
 * replicas may start at once. Repeating it changes nothing.
 *
 * @throws {Failure} when the database can't be reached, holds migrations this version doesn't know,
 * or lacks one that is older than its newest.
 */
export async function migrateDatabase(options: MigrationOptions): Promise<MigrationReport[]> {
  const sql = postgres(options.adminUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCK})`;
    await ensureRoles(sql, options.passwords);
    const reports: MigrationReport[] = [];
    for (const service of databaseServices) {
      if (options.services && !options.services.includes(service.name)) continue;
      reports.push(await migrateService(sql, service, options.tree));
    }
    return reports;
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The message of drizzle's own error holds the statement with its parameters.
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw new Failure(`The database can't be migrated: ${reasonOf(cause)}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function migrateService(
  sql: Sql,
  service: DatabaseService,
  tree?: string,
): Promise<MigrationReport> {
  const migrations = await readMigrations(service, tree);
  const total = migrations?.tags.length ?? 0;
  const before = await countApplied(sql, service.schema);
  if (before > total) {
    throw new Failure(
      `The database holds ${before} migrations of "${service.name}", this version knows ${total}: ` +
        "start the newer version",
    );
  }
  await ensureSchemas(sql, service, tree);
  if (migrations === undefined) return { service: service.name, applied: 0, total };

  await migrate(drizzle(sql), {
    migrationsFolder: migrations.folder,
    migrationsSchema: service.schema,
    migrationsTable: "migrations",
  });
  const after = await countApplied(sql, service.schema);
  if (after !== total) {
    throw new Failure(
      `Of ${total} migrations of "${service.name}" the database holds ${after}: one is older than ` +
        `the newest applied one ("${migrations.tags.at(-1)}"); generate it again`,
    );
  }
  await applyGrants(sql, service, tree);
  return { service: service.name, applied: after - before, total };
}
