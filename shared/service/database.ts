/** The one way to PostgreSQL for our own SQL: postgres.js through drizzle-orm. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { z } from "zod";
import type { ReadinessCheck } from "./health.ts";

export type Sql = postgres.Sql;

/** Drizzle over one service's schema, or a transaction of it. */
export type Database<Schema extends Record<string, unknown>> = PostgresJsDatabase<Schema>;

export interface DatabaseConnection<Schema extends Record<string, unknown>> {
  readonly db: Database<Schema>;
  readonly sql: Sql;
  /** Waits for running queries, at most 5 s. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most. */
  readonly connectionsMax?: number;
  /** Milliseconds after which the server cancels a statement. */
  readonly statementTimeoutMs?: number;
}

export function connectDatabase<Schema extends Record<string, unknown>>(
  url: string,
  schema: Schema,
  options: DatabaseOptions = {},
): DatabaseConnection<Schema> {
  const sql = postgres(url, {
    max: options.connectionsMax ?? 5,
    connect_timeout: 5,
    backoff: reconnectSeconds,
    idle_timeout: 60,
    onnotice: () => {},
    connection: {
      application_name: "codex",
      statement_timeout: options.statementTimeoutMs ?? 60_000,
    },
  });
  return {
    db: drizzle(preparing(sql), { schema }),
    sql,
    close: () => sql.end({ timeout: 5 }),
  };
}

/** postgres.js itself waits for up to 20 s, long after the database is back. */
const RECONNECT_SECONDS_MAX = 1;

/** Until the next try to connect; pools that lost the database together don't come back together. */
function reconnectSeconds(failures: number): number {
  return (0.5 + Math.random() / 2) * Math.min(3 ** failures / 100, RECONNECT_SECONDS_MAX);
}

/** Longer texts are made for one occasion, and the server would keep each of them. */
const PREPARED_TEXT_LENGTH_MAX = 2000;

/**
 * The same client, with statements prepared. drizzle sends everything by `unsafe`, which otherwise asks
 * the server to describe the parameters first: one more round trip for every statement.
 */
function preparing<Client extends postgres.Sql | postgres.TransactionSql>(client: Client): Client {
  const prepared = {
    unsafe(text: string, parameters?: never[], options?: postgres.UnsafeQueryOptions) {
      const prepare = text.length <= PREPARED_TEXT_LENGTH_MAX;
      // drizzle's own option is false for every statement without a name.
      return client.unsafe(text, parameters, { ...options, prepare });
    },
    begin(...args: unknown[]) {
      return withPreparing(client, "begin", args);
    },
    savepoint(...args: unknown[]) {
      return withPreparing(client, "savepoint", args);
    },
  };
  return new Proxy(client, {
    get: (target, name) =>
      Object.hasOwn(prepared, name) ? Reflect.get(prepared, name) : Reflect.get(target, name),
  });
}

/** Calls a method whose last argument is given the transaction's own client. */
function withPreparing(client: object, method: "begin" | "savepoint", args: unknown[]): unknown {
  const run = args.at(-1) as (transaction: postgres.TransactionSql) => unknown;
  const call = Reflect.get(client, method) as (...args: unknown[]) => unknown;
  return call(
    ...args.slice(0, -1),
    (transaction: postgres.TransactionSql) => run(preparing(transaction)),
  );
}

/**
 * Refuses a role that owns tables: row-level security doesn't hold for an owner, and a service that
 * is taken over could change its schema (architecture.md: "Embedded default and production").
 *
 * @throws Error naming the role and what to do
 */
export async function refuseOwnerRole(sql: Sql): Promise<void> {
  const rows = await sql<{ role: string; owns: boolean }[]>`
    select current_user::text as role, (
      exists (select from pg_class where relowner = current_user::regrole and relkind in ('r', 'p'))
      or (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)
    ) as owns`;
  const row = rows[0];
  if (row?.owns) {
    throw new Error(
      `Database role "${row.role}" owns tables or bypasses row security: give this service the role that "deno task db:migrate" makes`,
    );
  }
}

const Journal = z.object({ entries: z.array(z.unknown()) });

/** How many migrations a journal of drizzle-kit (`meta/_journal.json`) holds. */
export function countMigrations(journal: unknown): number {
  return Journal.parse(journal).entries.length;
}

/**
 * Readiness: the database answers and every migration of this build is applied. More than that is
 * fine, so that an older replica stays ready during an upgrade.
 *
 * @param schema the service's PostgreSQL schema, which holds the table `migrations`
 * @param expected number of migrations in this build's journal
 */
export function databaseReady(sql: Sql, schema: string, expected: number): ReadinessCheck {
  return async () => {
    let applied: number;
    try {
      const rows = await sql<{ applied: number }[]>`
        select count(*)::int as applied from ${sql(schema)}.migrations`;
      applied = rows[0]?.applied ?? 0;
    } catch (error) {
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      return code === "42P01" || code === "3F000"
        ? 'Migrations are not applied: run "deno task db:migrate"'
        : "The database can't be reached";
    }
    if (applied >= expected) return null;
    return `${expected - applied} migrations are not applied: run "deno task db:migrate"`;
  };
}
