/**
 * Tables of storage. Row-level security, the functions that alone write them and the reasons for both
 * are in `migrations/0001_isolation.sql`; who may do what in `grants.sql`.
 */
import { sql } from "drizzle-orm";
import {
  customType,
  index,
  integer,
  json,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

export const storage = pgSchema("storage");

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});

/** One value of one connection. */
export const entries = storage.table("entries", {
  connectionId: uuid("connection_id").notNull(),
  /** As `domain/key_text.ts` writes it. */
  key: text("key").notNull(),
  /**
   * `json`, not `jsonb`: jsonb sorts and merges object keys, rewrites numbers and refuses U+0000, while
   * json keeps the text as it came and still checks that it is JSON.
   */
  data: json("data").notNull(),
  /** Length of the value's compact JSON in UTF-8, so that nobody has to load it to count it. */
  valueBytes: integer("value_bytes").notNull(),
  /** From then on nobody sees the entry. */
  expiresAt: timestamp("expires_at", { withTimezone: true }),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  /** Of the connection: by these it is counted and purged. */
  pluginId: uuid("plugin_id").notNull(),
  userId: uuid("user_id").notNull(),
}, (table) => [
  primaryKey({ columns: [table.connectionId, table.key] }),
  index("entries_plugin_id").on(table.pluginId),
  index("entries_user_id").on(table.userId),
  index("entries_expires_at").on(table.expiresAt).where(sql`${table.expiresAt} IS NOT NULL`),
]).enableRLS();

/**
 * Connections and users that are gone: a ticket that is still valid must not bring their data back. By
 * a digest, which a ticket leads to and which leads to nobody.
 */
export const purges = storage.table("purges", {
  /** `storage.purge_digest` of the id of a connection or a user. */
  digest: bytea("digest").primaryKey(),
  purgedAt: timestamp("purged_at", { withTimezone: true }).notNull().defaultNow(),
}).enableRLS();
