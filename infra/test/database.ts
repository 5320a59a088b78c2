/**
 * A fresh, migrated database for one test, as the services would find it: their roles, their rights.
 *
 * `deno task test` starts one server for all test files and names it in the environment. Without it
 * (plain `deno test services/auth`) the first call starts one for the file, which ends with it.
 */
import postgres, { type Sql } from "postgres";
import { type DatabaseRole, databaseRoles, type DatabaseServiceName } from "../migrate/services.ts";
import { migrateDatabase } from "../migrate/migrate.ts";
import { openToRoles, type RolePasswords } from "../migrate/roles.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Names a file that holds the superuser's URL. */
export const ADMIN_URL_VARIABLE = "CODEX_TEST_DATABASE_ADMIN_URL_FILE";

/** Any two calls that build a template or drop one must use the same. */
const TEMPLATE_LOCK = 0x746d706c;

/** Whose migrations a database holds; "none" has the roles alone. */
export type MigratedService = DatabaseServiceName | "all" | "none";

export interface TestDatabase extends AsyncDisposable {
  /** Connection URL of each login role. */
  readonly urls: Readonly<Record<DatabaseRole, string>>;
  /** The same database as the superuser: for looking behind a service's back. */
  readonly adminUrl: string;
}

let ownServer: Promise<TestServer> | undefined;
Deno.test.afterAll(async () => {
  const server = await ownServer;
  ownServer = undefined;
  await server?.[Symbol.asyncDispose]();
});

/**
 * Clones a database that holds the migrations of one service, all or none. Connections must be
 * closed before it is disposed of; any still open are cut.
 */
export async function createTestDatabase(
  service: MigratedService,
): Promise<TestDatabase> {
  const serverUrl = await findServer();
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await withAdmin(serverUrl, async (sql) => {
    const template = await ensureTemplate(sql, serverUrl, service);
    // Without fsync copying the files takes an eighth of the time that copying by WAL does.
    await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`;
    await openToRoles(sql, name);
  });
  const urls = Object.fromEntries(
    databaseRoles.map((role) => [role, urlOf(serverUrl, name, role)]),
  ) as Record<DatabaseRole, string>;
  return {
    urls,
    adminUrl: urlOf(serverUrl, name),
    [Symbol.asyncDispose]: () =>
      withAdmin(serverUrl, async (sql) => {
        await sql`drop database if exists ${sql(name)} with (force)`;
      }),
  };
}

async function findServer(): Promise<string> {
  const file = Deno.env.get(ADMIN_URL_VARIABLE);
  if (file !== undefined) return (await Deno.readTextFile(file)).trim();
  ownServer ??= startTestServer();
  return (await ownServer).adminUrl;
}

async function withAdmin<T>(serverUrl: string, run: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    return await run(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The migrated database to clone from; made once per server, under a lock. */
async function ensureTemplate(
  sql: Sql,
  serverUrl: string,
  service: MigratedService,
): Promise<string> {
  const name = `template_${service.replaceAll("-", "_")}`;
  const isMade = async () =>
    (await sql`select 1 from pg_database where datname = ${name}`).length > 0;
  if (await isMade()) return name;
  await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`;
  try {
    if (await isMade()) return name;
    const building = `${name}_building`;
    await sql`drop database if exists ${sql(building)} with (force)`;
    await sql`create database ${sql(building)}`;
    await migrateDatabase({
      adminUrl: urlOf(serverUrl, building),
      passwords: testPasswords,
      ...(service === "all" ? {} : { services: service === "none" ? [] : [service] }),
    });
    await sql`alter database ${sql(building)} rename to ${sql(name)}`;
    return name;
  } finally {
    await sql`select pg_advisory_unlock(${TEMPLATE_LOCK})`;
  }
}

/** The server listens on 127.0.0.1 only and lives as long as the tests: its roles may be guessed. */
export const testPasswords = Object.fromEntries(
  databaseRoles.map((role) => [role, role]),
) as RolePasswords;

function urlOf(serverUrl: string, database: string, role?: DatabaseRole): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) [url.username, url.password] = [role, testPasswords[role]];
  return url.href;
}
