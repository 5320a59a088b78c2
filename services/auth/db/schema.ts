/** Tables of auth: people, their sessions and tokens, connections, the vault, and the audit log. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

export const auth = pgSchema("auth");

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** One row once setup is done: its primary key decides between concurrent attempts. */
export const setup = auth.table("setup", {
  done: boolean("done").primaryKey(),
  at: instant("at").notNull(),
}, (table) => [check("setup_once", sql`${table.done}`)]);

/** Hashes of setup codes that replicas printed at start; gone with setup. */
export const setupCodes = auth.table("setup_codes", {
  hash: bytea("hash").primaryKey(),
  createdAt: instant("created_at").notNull(),
});

export const users = auth.table("users", {
  id: uuid("id").primaryKey().defaultRandom(),
  username: text("username").notNull(),
  /** The name as it is compared: two users never differ in case or Unicode form alone. */
  usernameKey: text("username_key").notNull().unique(),
  email: text("email").notNull(),
  role: text("role").notNull(),
  passwordHash: text("password_hash").notNull(),
  createdAt: instant("created_at").notNull(),
}, (table) => [check("users_role", sql`${table.role} in ('admin', 'maintainer', 'reader')`)]);

export const sessions = auth.table("sessions", {
  id: uuid("id").primaryKey().defaultRandom(),
  userId: uuid("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  tokenHash: bytea("token_hash").notNull().unique(),
  createdAt: instant("created_at").notNull(),
  /** When the password was last entered in this session. */
  authenticatedAt: instant("authenticated_at").notNull(),
  lastUsedAt: instant("last_used_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  userAgent: text("user_agent"),
}, (table) => [
  index("sessions_user").on(table.userId),
  index("sessions_expiry").on(table.expiresAt),
]);

export const apiKeys = auth.table("api_keys", {
  id: uuid("id").primaryKey().defaultRandom(),
  userId: uuid("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  name: text("name").notNull(),
  scopes: text("scopes").array().notNull(),
  /** First characters of the secret, to tell keys apart. */
  prefix: text("prefix").notNull(),
  secretHash: bytea("secret_hash").notNull().unique(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at"),
  lastUsedAt: instant("last_used_at"),
}, (table) => [index("api_keys_user").on(table.userId)]);

/**
 * No cascade from users: deleting a connection owes purges to other services, so a deletion that
 * forgets them must fail.
 */
export const connections = auth.table("connections", {
  id: uuid("id").primaryKey().defaultRandom(),
  userId: uuid("user_id").notNull().references(() => users.id),
  pluginId: uuid("plugin_id").notNull(),
  enabled: boolean("enabled").notNull(),
  status: text("status").notNull(),
  statusReason: text("status_reason"),
  config: jsonb("config").notNull(),
  /** Counts what a process of the connection would be started with: see `TicketClaims.revision`. */
  revision: integer("revision").notNull().default(1),
  /** The account at the plugin's service. */
  externalId: text("external_id"),
  externalUsername: text("external_username"),
  externalAvatarUrl: text("external_avatar_url"),
  createdAt: instant("created_at").notNull(),
}, (table) => [
  unique("connections_one_per_plugin").on(table.userId, table.pluginId),
  index("connections_plugin").on(table.pluginId),
  check(
    "connections_status",
    sql`${table.status} in ('not_connected', 'connected', 'needs_reconnection')`,
  ),
]);

/** Every encryption key that was ever used, with the value that proves it is the same key. */
export const encryptionKeys = auth.table("encryption_keys", {
  keyId: text("key_id").primaryKey(),
  checkValue: bytea("check_value").notNull(),
  firstUsedAt: instant("first_used_at").notNull(),
});

/** The vault: one encrypted value a row, bound to its purpose, owner and name. */
export const secrets = auth.table("secrets", {
  purpose: text("purpose").notNull(),
  /** A plugin or a connection. */
  ownerId: uuid("owner_id").notNull(),
  name: text("name").notNull(),
  /** Set where a connection owns the value, which goes with it. */
  connectionId: uuid("connection_id").references(() => connections.id, { onDelete: "cascade" }),
  keyId: text("key_id").notNull().references(() => encryptionKeys.keyId),
  value: bytea("value").notNull(),
  updatedAt: instant("updated_at").notNull(),
}, (table) => [
  primaryKey({ columns: [table.purpose, table.ownerId, table.name] }),
  index("secrets_key").on(table.keyId),
  index("secrets_connection").on(table.connectionId),
  check(
    "secrets_connection_is_owner",
    sql`${table.connectionId} is null or ${table.connectionId} = ${table.ownerId}`,
  ),
]);

/** What the administrator registered at a plugin's provider; its secret is in the vault. */
export const oauthClients = auth.table("oauth_clients", {
  pluginId: uuid("plugin_id").primaryKey(),
  clientId: text("client_id").notNull(),
  /** How the provider takes the secret, once one way has worked. */
  secretBy: text("secret_by"),
  /** Users come back to the plugin's own redirect URL. */
  ownRedirect: boolean("own_redirect").notNull().default(false),
  updatedAt: instant("updated_at").notNull(),
}, (table) => [
  check("oauth_clients_secret_by", sql`${table.secretBy} in ('body', 'basic')`),
]);

/** Sign-ins that were begun and have not come back; a row is used up by deleting it. */
export const oauthFlows = auth.table("oauth_flows", {
  id: uuid("id").primaryKey().defaultRandom(),
  stateHash: bytea("state_hash").notNull().unique(),
  /** Of the token in the cookie of the browser that began it. */
  browserHash: bytea("browser_hash").notNull(),
  userId: uuid("user_id").notNull().references(() => users.id, { onDelete: "cascade" }),
  pluginId: uuid("plugin_id").notNull(),
  /** What the flow was begun with: a code must not reach another endpoint than its provider's. */
  clientId: text("client_id").notNull(),
  tokenUrl: text("token_url").notNull(),
  ownRedirect: boolean("own_redirect").notNull().default(false),
  /** Encrypted PKCE verifier; null for providers that lack PKCE. */
  verifier: bytea("verifier"),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
}, (table) => [
  index("oauth_flows_user").on(table.userId),
  index("oauth_flows_expiry").on(table.expiresAt),
]);

/**
 * Sign-ins that came back and whose code is being exchanged. Who wants the connection gone meanwhile
 * deletes the row, and what the exchange brings is dropped. No reference to users: a row is made while
 * its flow is locked, which a deletion of the user locks after the user.
 */
export const oauthExchanges = auth.table("oauth_exchanges", {
  /** That of the flow. */
  id: uuid("id").primaryKey(),
  userId: uuid("user_id").notNull(),
  pluginId: uuid("plugin_id").notNull(),
  startedAt: instant("started_at").notNull(),
});

/** How long a connection's token lives and who renews it; the tokens themselves are in the vault. */
export const oauthGrants = auth.table("oauth_grants", {
  connectionId: uuid("connection_id").primaryKey()
    .references(() => connections.id, { onDelete: "cascade" }),
  obtainedAt: instant("obtained_at").notNull(),
  /** Null where the provider doesn't say. */
  expiresAt: instant("expires_at"),
  /** From when on the token is renewed; null without a refresh token or an expiry. */
  refreshAt: instant("refresh_at"),
  refreshable: boolean("refreshable").notNull(),
  /** Attempts that failed since the last one that didn't. */
  failures: integer("failures").notNull().default(0),
  /** Whose attempt is under way, and until when no other replica makes one. */
  leaseId: uuid("lease_id"),
  leaseUntil: instant("lease_until"),
});

/**
 * Deletions that other services still owe, and ends of processes (`withdrawal`, of a connection that was
 * turned off); a row is gone once its service has acknowledged. */
export const purgesOwed = auth.table("purges_owed", {
  id: uuid("id").primaryKey().defaultRandom(),
  service: text("service").notNull(),
  kind: text("kind").notNull(),
  /** The connection or the user that is to be purged. */
  subjectId: uuid("subject_id").notNull(),
  /** Of a connection: whose it was and to which plugin, for `purgesOwed` in the user's list. */
  userId: uuid("user_id").notNull(),
  pluginId: uuid("plugin_id"),
  attempts: integer("attempts").notNull().default(0),
  nextAttemptAt: instant("next_attempt_at").notNull(),
  createdAt: instant("created_at").notNull(),
}, (table) => [
  unique("purges_owed_once").on(table.service, table.kind, table.subjectId),
  index("purges_owed_due").on(table.nextAttemptAt),
  index("purges_owed_user").on(table.userId),
  check("purges_owed_kind", sql`${table.kind} in ('connection', 'user', 'withdrawal')`),
]);

/** Names are copied in: the line stays true when the user is gone. */
export const auditLog = auth.table("audit_log", {
  /** Order of the lines, and the paging cursor. */
  seq: bigint("seq", { mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
  id: uuid("id").notNull().defaultRandom(),
  at: instant("at").notNull(),
  source: text("source").notNull(),
  actorId: uuid("actor_id"),
  actorName: text("actor_name"),
  action: text("action").notNull(),
  target: text("target"),
  detail: jsonb("detail").notNull(),
});

/** Counters of rate-limiter-flexible, which prescribes the columns; `expire` is in ms since 1970. */
export const rateLimits = auth.table("rate_limits", {
  key: varchar("key", { length: 255 }).primaryKey(),
  points: integer("points").notNull().default(0),
  expire: bigint("expire", { mode: "number" }),
}, (table) => [index("rate_limits_expire").on(table.expire)]);
