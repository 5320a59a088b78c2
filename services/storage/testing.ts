/** For tests: storage over real HTTP and a real database, the two roles, and tickets for its connections. */
import postgres, { type TransactionSql } from "postgres";
import {
  type CallContext,
  ConnectionId,
  PluginId,
  type StorageService,
  type TicketClaims,
  UserId,
} from "@codex/protocol";
import { createTicketSigner, createTicketVerifier, quietLogger } from "@codex/service";
import { connectDatabase, type Sql } from "@codex/service/database";
import { createTestIdentities, ManualClock, type TestIdentities } from "@codex/service/testing";
import { createTestDatabase } from "../../infra/test/database.ts";
import { createApp } from "./app.ts";
import { createStorageClient } from "./client.ts";
import { setEntry, type SetOutcome } from "./db/queries.ts";
import * as schema from "./db/schema.ts";
import type { StorageLimits } from "./domain/limits.ts";
import { rememberTickets } from "./tickets.ts";

export const context: CallContext = { requestId: "storage-test" };

/** Who a ticket speaks for. */
export type TestConnection = Pick<TicketClaims, "connectionId" | "pluginId" | "userId">;

/** A connection of a new user to a new plugin, or of those given. */
export function newConnection(of: Partial<TestConnection> = {}): TestConnection {
  return {
    connectionId: ConnectionId.parse(crypto.randomUUID()),
    pluginId: PluginId.parse(crypto.randomUUID()),
    userId: UserId.parse(crypto.randomUUID()),
    ...of,
  };
}

/** The two roles, and the superuser to look behind their backs. */
export interface TestSql extends AsyncDisposable {
  readonly sql: Sql;
  readonly maintenance: Sql;
  readonly admin: Sql;
}

export async function connectTestSql(): Promise<TestSql> {
  const database = await createTestDatabase("storage");
  const { codex_storage, codex_storage_maintenance } = database.urls;
  const own = connectDatabase(codex_storage, schema, { connectionsMax: 20 });
  const maintenance = connectDatabase(codex_storage_maintenance, schema);
  const admin = postgres(database.adminUrl, { max: 2, onnotice: () => {} });
  return {
    sql: own.sql,
    maintenance: maintenance.sql,
    admin,
    async [Symbol.asyncDispose]() {
      await Promise.all([own.close(), maintenance.close(), admin.end()]);
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Stores a value as the service does, past its HTTP. */
export function store(
  sql: Sql | TransactionSql,
  connection: TestConnection,
  keyText: string,
  { valueText = "1", keysMax = 100 } = {},
): Promise<SetOutcome> {
  const ticket = { ...connection, revision: 0, iat: 0, exp: 0 };
  const entry = { keyText, valueText, expiresAt: undefined };
  // Inside a transaction postgres.js offers the same tag under another type.
  return setEntry(sql as Sql, ticket, entry, keysMax);
}

/** Until somebody waits for a lock, or `work` ends without having waited. */
export async function waitsForLock(admin: Sql, work: Promise<unknown>): Promise<void> {
  let ended = false;
  work.finally(() => ended = true).catch(() => {});
  while (!ended) {
    const waiting = await admin`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    if (waiting.length > 0) return;
  }
}

export interface TestStorage extends TestSql {
  readonly baseUrl: string;
  readonly identities: TestIdentities;
  /** Of tickets and identity tokens; what expires in the database goes by the database's clock. */
  readonly clock: ManualClock;
  /** Storage as plugin-host calls it. */
  readonly storage: StorageService;
  /** Storage as auth calls it. */
  readonly storageOfAuth: StorageService;
  ticketFor(connection: TestConnection): Promise<string>;
}

export async function startTestStorage(
  options: { limits?: StorageLimits } = {},
): Promise<TestStorage> {
  const clock = new ManualClock();
  const identities = await createTestIdentities(clock.now);
  const database = await connectTestSql();
  const verify = await createTicketVerifier(identities.publicKeys.auth!, clock.now);
  const app = createApp({
    sql: database.sql,
    maintenanceSql: database.maintenance,
    identity: await identities.of("storage"),
    verifyTicket: rememberTickets(verify, clock.now),
    logger: quietLogger(),
    checks: {},
    ...options,
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  const baseUrl = `http://127.0.0.1:${server.addr.port}`;
  const clientOf = async (service: "plugin-host" | "auth") =>
    createStorageClient({ identity: await identities.of(service), baseUrl });
  const sign = await createTicketSigner(identities.privateKeys.auth, clock.now);
  return {
    ...database,
    baseUrl,
    identities,
    clock,
    storage: await clientOf("plugin-host"),
    storageOfAuth: await clientOf("auth"),
    ticketFor: async (connection) => (await sign(connection)).ticket,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Moves an entry's expiry into the past: nobody has to wait for the database's clock. */
export async function expire(admin: Sql, { connectionId }: TestConnection, keyText: string) {
  const { count } = await admin`update storage.entries set expires_at = now() - interval '1 second'
    where connection_id = ${connectionId} and key = ${keyText}`;
  if (count !== 1) throw new Error(`There is no key "${keyText}" to expire`);
}

/** An instant in the future of the database's clock. */
export function inOneHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
